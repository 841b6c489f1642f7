// By how many records other producers of the topic are ahead of this one.
//
// Several producers may run at once: each sends everything, and a consumer tells the repeats as far back as
// its window of event ids goes. One that falls far behind sends what the others sent long ago, beyond the
// window, and it would be counted twice. So it has to go on where the topic ends instead, in good time: when
// the others are ahead by a quarter of the window, what it sends lies half a window behind theirs, since its
// own records lie between too.
//
// Counted, not looked up in the records: what the topic grew by, less what this producer wrote, is what the
// others wrote, and less once more what it sent is their lead. They may have been behind themselves, so it is
// the growth over the least so far that tells. It can be told too large (what the others repeat after a crash
// counts, and what is in flight), never too small.
//
// Threads: one.

#pragma once

#include <algorithm>
#include <cstdint>

#include "topic/topic.h"

namespace wikiflow::pipeline {

class Lead {
 public:
  // `window`: event ids that consumers remember, over all partitions; 0: there are no other producers.
  explicit Lead(std::int64_t window) : limit_(window / 4) {}

  bool watched() const { return limit_ > 0; }

  // This producer goes on where the topic ends, at `end` (of all partitions, summed).
  void begin(std::int64_t end) {
    begin_ = end;
    least_ = 0;
  }

  // `sent`: by this producer since begin(), as the acknowledged of `reach` are.
  bool too_far(const topic::Reach& reach, std::uint64_t sent) {
    const std::int64_t others = reach.end - begin_ - static_cast<std::int64_t>(reach.acknowledged);
    const std::int64_t lead = others - static_cast<std::int64_t>(sent);
    least_ = std::min(least_, lead);
    return lead - least_ > limit_;
  }

 private:
  const std::int64_t limit_;
  std::int64_t begin_ = 0;
  std::int64_t least_ = 0;
};

}  // namespace wikiflow::pipeline
