// How the text of a setting is read. Every error is bad_input and says what would be right; the caller adds
// the setting's name and where the text came from.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace wikiflow::config {

// "500 ms", "10s", "5 min" or "5m", "2 h", "30 d", "4w": a whole number and a unit, with or without a blank.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// In the largest unit that divides it: "30 d", "1500 ms", "0 ms".
std::string format_duration(std::chrono::milliseconds duration);

Result<std::int64_t> parse_integer(std::string_view text);
Result<double> parse_number(std::string_view text);  // finite
Result<bool> parse_bool(std::string_view text);      // true, false, yes, no, on, off, 1, 0 in any case

// "a:9092, b:9092": at least one; each a host with or without a port, IPv6 in brackets.
Result<std::vector<std::string>> parse_hosts(std::string_view text);

// Only looks at the form: http or https, a host, no blanks or control characters.
Result<void> check_url(std::string_view text);

// `url` with the password in it, if any, replaced by ***.
std::string mask_url(std::string_view url);

// Letters, digits, '.', '_' and '-', at most 240 bytes, so that ".dlq" still fits into Kafka's 249.
Result<void> check_topic(std::string_view text);

// Where to begin to read when there is no position to resume from.
struct From {
  enum class Kind { latest, earliest, time };
  Kind kind = Kind::latest;
  Millis time{};  // for Kind::time

  bool operator==(const From&) const = default;
};

// "latest", "earliest", RFC 3339, a date (midnight UTC), or milliseconds since 1970.
Result<From> parse_from(std::string_view text);

}  // namespace wikiflow::config
