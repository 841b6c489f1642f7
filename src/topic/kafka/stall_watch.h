// Whether a writer has stood still for so long that what it has in flight must not be sent any more.
//
// A producer that comes to life again would go on with records that another one has written long ago, perhaps
// further back than a consumer looks for repeats. So it gives them up, and its caller starts again from what
// the topic holds. Two things count as standing still: nothing was acknowledged although something was in
// flight (the broker was away), and nobody asked here (the process was stopped, or the machine slept). A
// record that is about to be sent asks overdue() first, since the thread that looks here may come to life
// after the one that sends; and librdkafka drops by itself what it has held for as long (message.timeout.ms).
//
// The limit is a minute: longer than a broker takes to hand its partitions over to another, and at the
// busiest hundred changes a second no more than 6,000 of the 393,216 that are looked at for repeats.
//
// Threads: look() on one; overdue() from any.

#pragma once

#include <atomic>
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
    if (overdue(now)) {
      woken_ = true;  // before it looks as if all were well
      last_ = now;
      return State::woken;
    }
    last_ = now;
    if (!since_ || taken <= acknowledged || acknowledged != acknowledged_) {
      since_ = now;
      acknowledged_ = acknowledged;
    }
    return now - *since_ >= limit_ ? State::unacknowledged : State::moving;
  }

  // Whether the process stood still since the last look, or before it: what was decided before must not be
  // sent. Stays so.
  bool overdue(Time now) const {
    const Time last = last_;
    return woken_ || (last.count() > 0 && now - last >= limit_);
  }

  // CLOCK_BOOTTIME.
  static Time now();

 private:
  const std::chrono::milliseconds limit_;
  std::atomic<Time> last_{};  // 0: never
  std::atomic<bool> woken_{false};
  std::optional<Time> since_;  // nothing was acknowledged, or nothing was in flight before
  std::uint64_t acknowledged_ = 0;
};

}  // namespace wikiflow::topic::kafka
