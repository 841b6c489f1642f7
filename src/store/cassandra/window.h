// Writes under way: at most so many at once, over all flushes, so that a server that stands still is not
// buried. What a flush left behind ends on its own, by the session's time-out.
//
// Threads: any. The window outlives its writes: a callback holds a share of it.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "base/metrics.h"
#include "base/time.h"

namespace wikiflow::store::cassandra {

class Window {
 public:
  // `shown` follows how many are inside.
  Window(std::size_t limit, prometheus::Gauge& shown) : limit_(limit), shown_(shown) {}

  // Takes a place; false when none became free until `deadline`.
  bool enter(SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline, [&] { return inside_ < limit_; })) return false;
    shown_.Set(static_cast<double>(++inside_));
    return true;
  }

  // Gives a place back after `answered()` has run; who waits sees both.
  template <typename F>
  void leave(F&& answered) {
    const std::lock_guard lock(mutex_);
    answered();
    shown_.Set(static_cast<double>(--inside_));
    changed_.notify_all();
  }

  // Waits for `condition()`, which is asked under the window's lock.
  template <typename F>
  bool wait(SteadyTime deadline, F&& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, condition);
  }

 private:
  const std::size_t limit_;
  prometheus::Gauge& shown_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t inside_ = 0;
};

}  // namespace wikiflow::store::cassandra
