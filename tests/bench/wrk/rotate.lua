-- Sends the requests of a file one after the other, again and again. The file ($MUSTER_REQUESTS) holds for each
-- request a line with its length and then its bytes, so that nothing is composed while the clock runs. With $MUSTER_RATE
-- it sends so many a second: the n-th is due at a fixed time, and one that was held up is followed by those that it delayed.
local requests, count, at = {}, 0, 0

function init()
  local file = assert(io.open(os.getenv("MUSTER_REQUESTS"), "rb"))
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    count = count + 1
    requests[count] = file:read(length)
  end
  file:close()
end

function request()
  at = at % count + 1
  return requests[at]
end

local rate, sent, began = tonumber(os.getenv("MUSTER_RATE") or ""), 0, nil

if rate then
  local ffi = require("ffi")
  ffi.cdef("typedef struct { long seconds, nanoseconds; } clock_reading; int clock_gettime(int clock, clock_reading *out);")
  local reading = ffi.new("clock_reading")
  local monotonic = 1

  function delay()
    ffi.C.clock_gettime(monotonic, reading)
    local now = tonumber(reading.seconds) + tonumber(reading.nanoseconds) / 1e9
    began = began or now
    local due = began + sent / rate
    sent = sent + 1
    return math.max(0, math.floor((due - now) * 1000))
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "bytes": %.0f, "seconds": %.6f, "failed": %d, "refused": %d, "p50_us": %d, "p99_us": %d}\n',
    summary.requests, summary.bytes, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(99)))
end
