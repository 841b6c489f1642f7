// A flow of control that runs only while it is let, and a clock whose sleep() lets the others run.
//
// What blocks in its own loop (a producer) becomes a sequence of steps in this way, in an order that the
// simulation decides: at any moment one of them runs, so a seed says all there is to say.
//
// Threads: resume(), kill() and the destructor from the one that drives; pause() from within.

#pragma once

#include <ucontext.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "base/clock_fake.h"

namespace wikiflow::pipeline::simulation {

// Sanitizers follow threads, and not stacks that are exchanged.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
class Turns {
 public:
  explicit Turns(std::function<void()> body) : body_(std::move(body)) {}
  ~Turns() {
    if (thread_.joinable()) thread_.join();
  }
  bool begun() const { return thread_.joinable(); }
  // Until leave(), or the body's end.
  void enter() {
    inside_ = true;
    if (thread_.joinable()) {
      inside_.notify_one();
    } else {
      thread_ = std::thread([this] {
        body_();
        inside_ = false;
        inside_.notify_one();
      });
    }
    inside_.wait(true);
  }
  void leave() {
    inside_ = false;
    inside_.notify_one();
    inside_.wait(false);
  }

 private:
  const std::function<void()> body_;
  std::atomic<bool> inside_{false};  // whose turn it is; what one leaves to the other is ordered by it
  std::thread thread_;
};
#else
// A thread takes milliseconds to get its turn where other processes keep the processors busy; this does not.
class Turns {
 public:
  explicit Turns(std::function<void()> body) : body_(std::move(body)) {}
  bool begun() const { return stack_ != nullptr; }
  void enter() {
    if (!stack_) {
      stack_ = std::make_unique_for_overwrite<char[]>(kStackBytes);
      getcontext(&inside_);
      inside_.uc_stack.ss_sp = stack_.get();
      inside_.uc_stack.ss_size = kStackBytes;
      inside_.uc_link = &outside_;
      beginning() = this;
      makecontext(
          &inside_, [] { beginning()->body_(); }, 0);
    }
    swapcontext(&outside_, &inside_);
  }
  void leave() { swapcontext(&inside_, &outside_); }

 private:
  static constexpr std::size_t kStackBytes = 512 * 1024;
  static Turns*& beginning() {
    static Turns* turns = nullptr;
    return turns;
  }

  const std::function<void()> body_;
  std::unique_ptr<char[]> stack_;
  ucontext_t inside_{};
  ucontext_t outside_{};
};
#endif

class Fiber {
 public:
  explicit Fiber(std::function<void()> body)
      : turns_([this, body = std::move(body)] {
          current() = this;
          try {
            body();
          } catch (const Killed&) {  // its objects are gone by now
          }
          over_ = true;
        }) {}
  ~Fiber() { kill(); }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs until the next pause, or the end. False at the end.
  bool resume() {
    if (over_) return false;
    Fiber* const outside = std::exchange(current(), this);
    turns_.enter();
    current() = outside;
    return !over_;
  }

  // As a process that is killed: nothing more is done, but what the destructors of what it has do.
  void kill() {
    killed_ = true;
    while (turns_.begun() && resume()) {
    }
    over_ = true;
  }

  // The one that runs now, if it is one.
  static Fiber*& current() {
    thread_local Fiber* fiber = nullptr;
    return fiber;
  }

  void pause() {
    turns_.leave();
    if (killed_) throw Killed();
  }

 private:
  struct Killed {};

  bool over_ = false;
  bool killed_ = false;
  Turns turns_;
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
