// Logging: one line an event, logfmt or JSON, to standard error.
//
//   log_warn("stream", "reconnecting", {{"cause", "silence"}, {"wait_ms", "1200"}});
//   ts=2026-11-23T20:01:28.042Z level=warn part=stream msg=reconnecting cause=silence wait_ms=1200
//
// WARN means something went wrong and was recovered; ERROR means something was lost, or needs a person.
// Threads: any.

#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/time.h"

namespace wikiflow {

enum class LogLevel { debug, info, warn, error, off };
enum class LogFormat { logfmt, json };

using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

// Sets level and format for the process. Before the first call: info, logfmt.
void log_setup(LogLevel level, LogFormat format);

// "debug", "info", "warn", "error", "off"; "logfmt", "json". Anything else: bad_input.
Result<LogLevel> parse_log_level(std::string_view text);
Result<LogFormat> parse_log_format(std::string_view text);

// One formatted line without its newline; what log() writes. Bytes that are not UTF-8 or are control
// characters are escaped, so no input can forge a line.
std::string format_log_line(LogFormat format, Millis at, LogLevel level, std::string_view part,
                            std::string_view message, LogFields fields);

bool log_enabled(LogLevel level);
void log(LogLevel level, std::string_view part, std::string_view message, LogFields fields = {});

inline void log_debug(std::string_view part, std::string_view message, LogFields fields = {}) {
  log(LogLevel::debug, part, message, fields);
}
inline void log_info(std::string_view part, std::string_view message, LogFields fields = {}) {
  log(LogLevel::info, part, message, fields);
}
inline void log_warn(std::string_view part, std::string_view message, LogFields fields = {}) {
  log(LogLevel::warn, part, message, fields);
}
inline void log_error(std::string_view part, std::string_view message, LogFields fields = {}) {
  log(LogLevel::error, part, message, fields);
}

// Lets one line through per interval and counts those held back in between, so that a flood of the same
// trouble costs one line a while:
//   if (auto held = limit.allow(now)) log_warn(..., {{"held_back", to_string(*held)}});
// Threads: any.
class LogLimit {
 public:
  explicit LogLimit(std::chrono::milliseconds interval) : interval_(interval) {}

  // The number of lines held back since the last one, when a line may be written now; nullopt otherwise.
  std::optional<std::uint64_t> allow(SteadyTime now);

 private:
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::optional<SteadyTime> last_;
  std::uint64_t held_back_ = 0;
};

}  // namespace wikiflow
