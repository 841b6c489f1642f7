// A clock that stands still until told to move, for tests.
//
// sleep() moves it by the whole duration at once, so code that waits between tries runs through without
// waiting. Threads: any.

#pragma once

#include <atomic>

#include "base/time.h"

namespace wikiflow {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(Millis start = from_unix_ms(1'791'207'722'000)) : start_(start) {}

  void advance(std::chrono::milliseconds by) { elapsed_ms_ += by.count(); }
  std::chrono::milliseconds elapsed() const { return std::chrono::milliseconds{elapsed_ms_.load()}; }

  Millis now() const override { return start_ + elapsed(); }
  SteadyTime steady() const override { return SteadyTime{} + elapsed(); }
  bool sleep(std::chrono::milliseconds duration, std::stop_token stop) override {
    if (stop.stop_requested()) return false;
    advance(duration);
    return true;
  }

 private:
  Millis start_;
  std::atomic<std::int64_t> elapsed_ms_{0};
};

}  // namespace wikiflow
