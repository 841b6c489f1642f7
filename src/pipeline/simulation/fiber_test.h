// A thread that runs only while it is let, and a clock whose sleep() lets the others run.
//
// What blocks in its own loop (a producer) becomes a sequence of steps in this way, in an order that the
// simulation decides: at any moment one thread runs, so a seed says all there is to say.
//
// Threads: resume(), kill() and the destructor from the one that drives; pause() from within.

#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
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
    std::unique_lock lock(mutex_);
    if (over_) return false;
    inside_ = true;
    if (thread_.joinable()) {
      changed_.notify_all();
    } else {
      thread_ = std::thread([this] { run(); });
    }
    changed_.wait(lock, [this] { return !inside_; });
    return !over_;
  }

  // As a process that is killed: nothing more is done, but what the destructors of what it has do.
  void kill() {
    if (thread_.joinable()) {
      killed_ = true;
      while (resume()) {
      }
      thread_.join();
    }
    over_ = true;
  }

  // The one that runs now, if it is one.
  static Fiber*& current() {
    thread_local Fiber* fiber = nullptr;
    return fiber;
  }

  void pause() {
    std::unique_lock lock(mutex_);
    inside_ = false;
    changed_.notify_all();
    changed_.wait(lock, [this] { return inside_; });
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
    const std::lock_guard lock(mutex_);
    over_ = true;
    inside_ = false;
    changed_.notify_all();
  }

  const std::function<void()> body_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool inside_ = false;  // whose turn it is
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
