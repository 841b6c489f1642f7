// What is known to be in the topic: everything that the source sent from one position up to another.
//
// Each record carries such an interval, so the topic itself says where to go on after a crash: intervals that
// overlap or touch are one, and what follows the end of the first one may be missing. Going on at a later one
// would leave the hole before it for ever.
//
// Threads: none of its own.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "source/position.h"

namespace wikiflow::source {

struct Interval {
  Position from;
  Position through;  // of the same topics

  // The value of the record header: both positions, one after the other, equally long.
  void encode(std::string& out) const;
  // Errors: bad_input for anything else, and for an interval of no topic.
  static Result<Interval> decode(std::string_view header);

  bool operator==(const Interval&) const = default;
};

// For each source topic the first of the intervals that are left when those which overlap or touch are
// united. A topic of which nothing was seen yet (its interval has no length) is taken to be at a time that
// was only asked for. Nothing when there are no intervals.
std::optional<Interval> first_united(std::span<const Interval> intervals);

}  // namespace wikiflow::source
