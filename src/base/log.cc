#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <optional>

#include "base/utf8.h"

namespace wikiflow {
namespace {

std::atomic<LogLevel> g_level{LogLevel::info};
std::atomic<LogFormat> g_format{LogFormat::logfmt};

constexpr std::array kLevelNames{"debug", "info", "warn", "error", "off"};

const char* level_name(LogLevel level) { return kLevelNames.at(static_cast<std::size_t>(level)); }

// spdlog is only the sink: a line is one write under its lock.
spdlog::logger& sink() {
  static const auto logger = [] {
    auto made =
        std::make_shared<spdlog::logger>("wikiflow", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

// What a terminal or a viewer may obey although it is well-formed text beyond ASCII: the control characters
// U+0080 to U+009F, and the line and paragraph separators U+2028 and U+2029. The escape for one at the front
// of `text`.
std::string_view hidden_control(std::string_view text, std::size_t& length, std::array<char, 6>& escape) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : std::uint8_t{0};
  };
  unsigned code = 0;
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) {
    code = byte(1);
    length = 2;
  } else if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9)) {
    code = 0x2000U | (byte(2) - 0x80U);
    length = 3;
  } else {
    return {};
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  escape = {
      '\\', 'u', kHex[code >> 12U], kHex[code >> 8U & 0xFU], kHex[code >> 4U & 0xFU], kHex[code & 0xFU]};
  return {escape.data(), escape.size()};
}

// Can stand in a logfmt line without quotes.
bool bare(std::string_view text) {
  if (text.empty()) return false;
  std::size_t length = 0;
  std::array<char, 6> escape{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || c == '"' || c == '=' || c == '\\' || byte == 0x7f) return false;
    if (byte >= 0x80 && !hidden_control(text.substr(i), length, escape).empty()) return false;
  }
  return true;
}

void append_quoted(std::string_view text, std::string& out) {
  out.push_back('"');
  const std::size_t begin = out.size();
  append_json_escaped(text, out);
  std::array<char, 6> escape{};
  for (std::size_t at = out.find_first_of("\xC2\xE2", begin); at != std::string::npos;
       at = out.find_first_of("\xC2\xE2", at + 1)) {
    std::size_t length = 0;
    const auto instead = hidden_control(std::string_view(out).substr(at), length, escape);
    if (!instead.empty()) out.replace(at, length, instead);
  }
  out.push_back('"');
}

}  // namespace

void log_setup(LogLevel level, LogFormat format) {
  g_level = level;
  g_format = format;
}

Result<LogLevel> parse_log_level(std::string_view text) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (text == kLevelNames.at(i)) return static_cast<LogLevel>(i);
  }
  return bad_input("'" + std::string(text) + "' is not one of debug, info, warn, error, off");
}

Result<LogFormat> parse_log_format(std::string_view text) {
  if (text == "logfmt") return LogFormat::logfmt;
  if (text == "json") return LogFormat::json;
  return bad_input("'" + std::string(text) + "' is not one of logfmt, json");
}

std::string format_log_line(LogFormat format, Millis at, LogLevel level, std::string_view part,
                            std::string_view message, LogFields fields) {
  std::string line;
  const bool json = format == LogFormat::json;
  const auto put = [&](std::string_view name, std::string_view value) {
    if (!line.empty() && line != "{") line.push_back(json ? ',' : ' ');
    if (json) {
      append_quoted(name, line);
      line.push_back(':');
      append_quoted(value, line);
      return;
    }
    line.append(name);
    line.push_back('=');
    const std::string clean = sanitize_utf8(value);
    if (bare(clean)) {
      line.append(clean);
    } else {
      append_quoted(clean, line);
    }
  };
  if (json) line.push_back('{');
  put("ts", format_rfc3339(at));
  put("level", level_name(level));
  put("part", part);
  put("msg", message);
  for (const auto& [name, value] : fields) put(name, value);
  if (json) line.push_back('}');
  return line;
}

bool log_enabled(LogLevel level) { return level >= g_level.load() && level != LogLevel::off; }

void log(LogLevel level, std::string_view part, std::string_view message, LogFields fields) {
  if (!log_enabled(level)) return;
  sink().log(spdlog::level::info, spdlog::string_view_t(format_log_line(g_format, system_clock().now(), level,
                                                                        part, message, fields)));
}

std::optional<std::uint64_t> LogLimit::allow(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (last_ && now - *last_ < interval_) {
    ++held_back_;
    return std::nullopt;
  }
  last_ = now;
  return std::exchange(held_back_, 0);
}

}  // namespace wikiflow
