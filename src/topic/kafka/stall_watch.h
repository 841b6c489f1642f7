// Whether a writer has stood still for so long that what it has in flight must not be sent any more.
//
// A producer that comes to life again would go on with records that another one has written long ago, perhaps
// further back than a consumer looks for repeats. So it gives them up, and its caller starts again from what
// the topic holds. Two things count as standing still: nothing was acknowledged although something was in
// flight (the broker was away), and nobody asked here (the process was stopped, or the machine slept).
//
// The limit is a minute: longer than a broker takes to hand its partitions over to another, and at the
// busiest hundred changes a second no more than 6,000 of the 393,216 that are looked at for repeats.
//
// Threads: one.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace wikiflow::topic::kafka {

class StallWatch {
 public:
  using Time = std::chrono::nanoseconds;

  enum class State {
    moving,
    unacknowledged,  // in flight for too long
    woken,           // there was no call for too long
  };

  explicit StallWatch(std::chrono::milliseconds limit) : limit_(limit) {}

  // To be called several times a second. `now`: of a clock that runs while the machine sleeps. `taken` and
  // `acknowledged`: how many records so far.
  State look(Time now, std::uint64_t taken, std::uint64_t acknowledged) {
    const bool woken = last_ && now - *last_ >= limit_;
    last_ = now;
    if (woken) return State::woken;
    if (!since_ || taken <= acknowledged || acknowledged != acknowledged_) {
      since_ = now;
      acknowledged_ = acknowledged;
    }
    return now - *since_ >= limit_ ? State::unacknowledged : State::moving;
  }

  // CLOCK_BOOTTIME.
  static Time now();

 private:
  const std::chrono::milliseconds limit_;
  std::optional<Time> last_;
  std::optional<Time> since_;  // nothing was acknowledged, or nothing was in flight before
  std::uint64_t acknowledged_ = 0;
};

}  // namespace wikiflow::topic::kafka
