// Where a connection starts: what `?since=` and `Last-Event-ID` mean.
//
// Last-Event-ID, when there is one, overrides since. In it a topic that is not named is not read; an offset
// beats a timestamp; offset -1 is the end. A timestamp starts at the first record not before it, which skips
// what shares the millisecond with the event it came from and what comes later with an earlier timestamp. A
// time before everything starts at the beginning, one after everything at the end, both without a word.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "sim/log.h"

namespace wikiflow::sim {

struct TopicStart {
  bool read = false;
  std::uint64_t from = 0;   // no event of the topic before this one
  std::int64_t shown = -1;  // the offset that ids carry for the topic until it has sent something

  bool operator==(const TopicStart&) const = default;
};

using Start = std::array<TopicStart, kSites.size()>;

// The answer in place of a stream.
struct Refusal {
  int status = 400;
  std::string message;

  bool operator==(const Refusal&) const = default;
};

struct Reach {
  std::uint64_t available = 0;  // events that can be read now
  std::uint64_t end = 0;        // where new ones begin
};

// `since`: decoded, nullopt when not given. An empty Last-Event-ID counts as none.
tl::expected<Start, Refusal> resolve(const Log& log, const Reach& reach,
                                     std::optional<std::string_view> since, std::string_view last_event_id);

// ISO 8601 (date, or date and time with or without zone) or milliseconds since 1970.
std::optional<Millis> parse_since(std::string_view text);

}  // namespace wikiflow::sim
