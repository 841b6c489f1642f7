// Points in time, and the clock that tells them.
//
// Millis is a point on the wall clock in whole milliseconds since 1970 UTC: event times, record timestamps
// and positions in the source. Durations and time-outs use Clock::steady(), which no clock adjustment moves.
//
// Threads: a Clock may be used from any thread.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace wikiflow {

using Millis = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr Millis from_unix_ms(std::int64_t ms) { return Millis{std::chrono::milliseconds{ms}}; }
constexpr std::int64_t unix_ms(Millis t) { return t.time_since_epoch().count(); }

// RFC 3339 in UTC with milliseconds: 2026-11-23T20:01:28.042Z. A time outside the years 0 to 9999 is written
// as the nearest that has such a form.
std::string format_rfc3339(Millis t);

// Appends the same 24 bytes to `out`, without an allocation of its own.
void append_rfc3339(Millis t, std::string& out);

// Writes them at `at`, where there must be room; returns where they end.
inline constexpr std::size_t kRfc3339Bytes = 24;
char* write_rfc3339(Millis t, char* at);

// Reads RFC 3339 with or without a fraction (digits beyond milliseconds are cut off) and with `Z` or an
// offset. nullopt when `text` is anything else, or lies outside the years 1970 to 9999.
std::optional<Millis> parse_rfc3339(std::string_view text);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Millis now() const = 0;
  virtual SteadyTime steady() const = 0;

  // Waits for `duration`, or less when `stop` is requested. True when the whole time went by.
  virtual bool sleep(std::chrono::milliseconds duration, std::stop_token stop) = 0;
};

// For where no test turns the clock.
inline SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

// The machine's clock. One object for the whole process, never destroyed.
Clock& system_clock();

}  // namespace wikiflow
