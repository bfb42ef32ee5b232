#include "server/api/eureka/run.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <stdexcept>

namespace muster::api::eureka {
namespace {

namespace dialect = muster::eureka;

/// A raw deflate stream that is reset between runs. Kept per thread: its tables are some hundred kilobytes.
/// zlib and not libdeflate, which has no way to end a block without ending the stream.
class RawDeflate {
 public:
  RawDeflate() {
    // Level 1: 385 MB/s and 16 : 1 on a registry; negative window bits mean no header and no checksum.
    if (deflateInit2(&stream_, 1, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~RawDeflate() { deflateEnd(&stream_); }
  RawDeflate(const RawDeflate&) = delete;
  RawDeflate& operator=(const RawDeflate&) = delete;

  /// Blocks that end on a byte border and refer to nothing before themselves, so that runs can stand in any order.
  std::string compress(std::string_view plain) {
    deflateReset(&stream_);
    // What the full flush adds (an empty stored block) is not within deflateBound().
    scratch_.resize(deflateBound(&stream_, static_cast<uLong>(plain.size())) + 16);
    // zlib reads through this pointer only; its type is older than const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream_.avail_in = static_cast<uInt>(plain.size());
    stream_.next_out = reinterpret_cast<Bytef*>(scratch_.data());
    stream_.avail_out = static_cast<uInt>(scratch_.size());
    if (deflate(&stream_, Z_FULL_FLUSH) != Z_OK || stream_.avail_in != 0 || stream_.avail_out == 0)
      throw std::runtime_error("zlib did not take a whole run");
    return scratch_.substr(0, scratch_.size() - stream_.avail_out);
  }

 private:
  z_stream stream_{};
  std::string scratch_;
};

RunPtr plain_run(std::string_view bytes) {
  return std::make_shared<const Run>(Run{std::string(bytes), 0, bytes.size()});
}

RunPtr compressed_run(std::string_view plain) {
  thread_local RawDeflate deflate;
  return std::make_shared<const Run>(
      Run{deflate.compress(plain), libdeflate_crc32(0, plain.data(), plain.size()), plain.size()});
}

/// Encodes into a buffer that the thread keeps, so that what is cached has no spare capacity.
RunPtr encode(std::span<const core::EntryPtr> entries, EntryWriter& writer, Form form, std::size_t& work) {
  thread_local std::string scratch;
  scratch.clear();
  write_run(scratch, entries, writer, form.format, form.shape);
  for (const core::EntryPtr& entry : entries) work += work_of(*entry);
  return form.gzip ? compressed_run(scratch) : plain_run(scratch);
}

RunPtr find(const core::Segment& segment, Form form) {
  return std::static_pointer_cast<const Run>(segment.bodies.find(form.index()));
}

}  // namespace

void write_border(std::string& out, std::string_view app_after, Format format, Shape shape) {
  dialect::close_application(out, format, shape);
  if (format == Format::json) out.push_back(',');
  dialect::open_application(out, app_after, format, shape);
}

void write_run(std::string& out, std::span<const core::EntryPtr> entries, EntryWriter& writer, Format format,
               Shape shape) {
  const core::Entry* before = nullptr;
  for (const core::EntryPtr& entry : entries) {
    if (before != nullptr) {
      if (before->service != entry->service && *before->service != *entry->service)
        write_border(out, writer.app_of(*entry), format, shape);
      else if (format == Format::json)
        out.push_back(',');
    }
    writer.write(out, *entry, format, shape);
    before = entry.get();
  }
}

RunPtr run_of(const core::Segment& segment, EntryWriter& writer, Form form, std::size_t& work) {
  if (RunPtr cached = find(segment, form)) return cached;
  RunPtr made;
  const RunPtr plain = form.gzip ? find(segment, form.plain()) : nullptr;
  if (plain) {
    made = compressed_run(plain->bytes);
    for (const core::EntryPtr& entry : segment.entries) work += work_of(*entry);
  } else {
    made = encode(segment.entries, writer, form, work);
  }
  return std::static_pointer_cast<const Run>(segment.bodies.put(form.index(), std::move(made)));
}

RunPtr run_of(const core::Slice& slice, EntryWriter& writer, Form form, std::size_t& work) {
  if (slice.begin == 0 && slice.end == slice.segment->entries.size()) return run_of(*slice.segment, writer, form, work);
  const std::span<const core::EntryPtr> all(slice.segment->entries);
  return encode(all.subspan(slice.begin, slice.end - slice.begin), writer, form, work);
}

bool is_cached(const core::Segment& segment, Form form) {
  return segment.bodies.find(form.index()) != nullptr;
}

}  // namespace muster::api::eureka
