#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/api/eureka/form.hpp"
#include "server/core/view.hpp"

namespace muster::api::eureka {

/// Shows entries of the registry as instances of the Eureka dialect: the overlay laid over the metadata, the native
/// zone among it, the override, and the times. Keeps its buffers between calls; one object a thread.
class EntryWriter {
 public:
  /// `own_id`: instance id of this server, shown as coordinating; empty: none is.
  explicit EntryWriter(std::string_view own_id) : own_id_(own_id) {}

  /// As an element of a list. Always writes exactly one instance: one that cannot be read (its bytes were damaged) is
  /// shown with its name, id and status alone, so that it takes neither the others nor the hash code with it.
  void write(std::string& out, const core::Entry& entry, Format format, Shape shape);

  /// As a document of its own, with its live lease.
  void write_single(std::string& out, const core::InstanceState& state, Format format);

  /// The name on this face: upper case. Valid until the next call.
  std::string_view app_of(const core::Entry& entry);

 private:
  muster::eureka::InstanceOut describe(const core::Entry& entry);
  void lay_overlay(const core::Entry& entry);

  std::string own_id_;
  const std::string* service_ = nullptr;  ///< whose name app_ is
  std::string app_;
  model::PayloadView payload_;
  std::vector<std::pair<std::string_view, std::string_view>> metadata_;
};

/// How much work an entry is to encode, in bytes: what a CostModel multiplies.
std::size_t work_of(const core::Entry& entry);

}  // namespace muster::api::eureka
