-- Sends the requests of a file one after the other, again and again. The file ($MUSTER_REQUESTS) holds for each
-- request a line with its length and then its bytes, so that nothing is composed while the clock runs.
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

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "bytes": %.0f, "seconds": %.6f, "failed": %d, "refused": %d, "p50_us": %d, "p99_us": %d}\n',
    summary.requests, summary.bytes, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(99)))
end
