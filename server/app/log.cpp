#include "server/app/log.hpp"

#include <string>

#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace muster::app {
namespace {

/// Messages that wait for the terminal. Each takes about 400 bytes whether used or not.
constexpr std::size_t waiting_max = 512;

}  // namespace

Log::Log(std::string_view level)
    : writer_(std::make_shared<spdlog::details::thread_pool>(waiting_max, 1)),
      logger_(std::make_shared<spdlog::async_logger>("musterd", std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                                     writer_, spdlog::async_overflow_policy::overrun_oldest)) {
  logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  set_level(level);
}

Log::~Log() = default;

void Log::set_level(std::string_view level) {
  logger_->set_level(spdlog::level::from_str(std::string(level)));
}

}  // namespace muster::app
