#include "proto/eureka/text.hpp"
#include "proto/eureka/write.hpp"

namespace muster::eureka {

std::string hash_code(const std::array<std::size_t, model::status_count>& counts) {
  // In the byte order of the names, which is how clients compute it.
  constexpr model::Status ordered[] = {model::Status::down, model::Status::out_of_service, model::Status::starting,
                                       model::Status::unknown, model::Status::up};
  std::string out;
  for (const model::Status status : ordered) {
    const std::size_t count = counts[static_cast<std::size_t>(status)];
    if (count == 0) continue;
    out.append(model::to_string(status)).push_back('_');
    append_number(out, static_cast<std::int64_t>(count));
    out.push_back('_');
  }
  return out;
}

}  // namespace muster::eureka
