// A thread that runs only while it is let, and a clock whose sleep() lets the others run.
//
// What blocks in its own loop (a producer) becomes a sequence of steps in this way, in an order that the
// simulation decides: at any moment one thread runs, so a seed says all there is to say.
//
// Threads: resume(), kill() and the destructor from the one that drives; pause() from within.

#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "base/clock_fake.h"

namespace wikiflow::pipeline::simulation {

class Fiber {
 public:
  explicit Fiber(std::function<void()> body) : body_(std::move(body)) {}
  ~Fiber() { kill(); }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs until the next pause, or the end. False at the end.
  bool resume() {
    if (over_) return false;
    inside_ = true;
    if (thread_.joinable()) {
      inside_.notify_one();
    } else {
      thread_ = std::thread([this] { run(); });
    }
    inside_.wait(true);
    return !over_;
  }

  // As a process that is killed: nothing more is done, but what the destructors of what it has do.
  void kill() {
    killed_ = true;
    while (thread_.joinable() && resume()) {
    }
    if (thread_.joinable()) thread_.join();
    over_ = true;
  }

  // The one that runs now, if it is one.
  static Fiber*& current() {
    thread_local Fiber* fiber = nullptr;
    return fiber;
  }

  void pause() {
    give_back();
    inside_.wait(false);
    if (killed_) throw Killed();
  }

 private:
  struct Killed {};

  void run() {
    current() = this;
    try {
      body_();
    } catch (const Killed&) {  // its objects are gone by now
    }
    over_ = true;
    give_back();
  }
  void give_back() {
    inside_ = false;
    inside_.notify_one();
  }

  const std::function<void()> body_;
  std::atomic<bool> inside_{
      false};  // whose turn it is; what is passed from one to the other is ordered by it
  bool over_ = false;
  bool killed_ = false;
  std::thread thread_;
};

// Stands still until told to move. Who sleeps has slept when it runs again.
class PausingClock final : public Clock {
 public:
  explicit PausingClock(Millis start) : clock_(start) {}

  void advance(std::chrono::milliseconds by) { clock_.advance(by); }

  Millis now() const override { return clock_.now(); }
  SteadyTime steady() const override { return clock_.steady(); }
  bool sleep(std::chrono::milliseconds duration, std::stop_token stop) override {
    if (stop.stop_requested()) return false;
    clock_.advance(duration);
    if (Fiber* const fiber = Fiber::current()) fiber->pause();
    return !stop.stop_requested();
  }

 private:
  FakeClock clock_;
};

}  // namespace wikiflow::pipeline::simulation
