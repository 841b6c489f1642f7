// When counts are made lasting: at every look while counting keeps up, and rarely while it is far behind.
//
// Catching up, much of what there is changes between one look and the next, and each flush would write it
// once more. A crash then costs what was counted since: as much as is counted in `while_behind`, and at most
// `most_changes`. What `behind` means follows from that: at the pace of the last look, catching up takes
// longer than `while_behind` anyway.
//
// Threads: one.

#pragma once

#include <cstdint>

#include "base/time.h"

namespace wikiflow::pipeline {

class FlushPace {
 public:
  // `look`: how often due() is asked.
  FlushPace(std::chrono::milliseconds look, std::chrono::milliseconds while_behind,
            std::uint64_t most_changes)
      : while_behind_(while_behind),
        looks_(static_cast<double>(while_behind.count()) / static_cast<double>(look.count())),
        most_changes_(most_changes) {}

  // `counted`: since the process began. `lag`: records that are not counted yet. `trouble`: what was counted
  // could not be made lasting, and nothing more is counted until it is.
  bool due(SteadyTime now, std::uint64_t counted, std::int64_t lag, bool trouble) {
    const auto pace = static_cast<double>(counted - looked_at_);
    looked_at_ = counted;
    const bool behind = pace > 0 && static_cast<double>(lag) > pace * looks_;
    if (behind && !trouble && now < next_ && counted - flushed_at_ < most_changes_) {
      return false;
    }
    next_ = now + while_behind_;
    flushed_at_ = counted;
    return true;
  }

 private:
  const std::chrono::milliseconds while_behind_;
  const double looks_;
  const std::uint64_t most_changes_;
  std::uint64_t looked_at_ = 0;
  std::uint64_t flushed_at_ = 0;
  SteadyTime next_{};  // while behind
};

}  // namespace wikiflow::pipeline
