#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/api/eureka/entry_out.hpp"
#include "server/api/eureka/form.hpp"
#include "server/core/view.hpp"

// A run is an encoded row of neighbouring instances: the unit in which bodies are cached and shared. It starts inside
// its first application and ends inside its last one, so that documents are put together from runs with a few bytes
// between them (see document.hpp) and nothing is copied.
namespace muster::api::eureka {

struct Run {
  std::string bytes;      ///< plain, or raw deflate blocks up to a full flush
  std::uint32_t crc = 0;  ///< compressed: CRC-32 of the plain bytes
  std::size_t plain_size = 0;
};
using RunPtr = std::shared_ptr<const Run>;

/// Appends `entries` (sorted by service) as a run.
void write_run(std::string& out, std::span<const core::EntryPtr> entries, EntryWriter& writer, Format format,
               Shape shape);

/// The run of a whole segment, out of its cache or encoded into it. Any thread. `work` grows by what was encoded.
RunPtr run_of(const core::Segment& segment, EntryWriter& writer, Form form, std::size_t& work);

/// The run of part of a segment; not cached. Any thread.
RunPtr run_of(const core::Slice& slice, EntryWriter& writer, Form form, std::size_t& work);

/// Whether run_of() would find the segment's run in the cache.
bool is_cached(const core::Segment& segment, Form form);

/// Closes the application of `before` and opens that of `after`.
void write_border(std::string& out, std::string_view app_after, Format format, Shape shape);

}  // namespace muster::api::eureka
