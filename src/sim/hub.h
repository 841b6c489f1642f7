// What all connections of a simulator share: the log, what was served of it, who is connected.
//
// Threads: the simulator's, but for counters() and the waiting, which are any thread's.

#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/metrics.h"
#include "sim/feed.h"
#include "sim/pace.h"
#include "sim/recorder.h"
#include "sim/request.h"
#include "sim/served.h"
#include "sim/simulator.h"

namespace wikiflow::sim {

class Hub final : public FrameObserver {
 public:
  static Result<std::unique_ptr<Hub>> make(const SimOptions& options, Metrics& metrics);

  const SimOptions& options() const { return options_; }
  Source source() const { return {log_, *events_, options_.faults, options_.seed}; }
  const Log& log() const { return log_; }

  std::uint64_t available() const;
  std::chrono::microseconds until(std::uint64_t n) const;

  // Decides on a request. A start that is granted holds a place for the address until leave().
  tl::expected<Start, Refusal> admit(const Wanted& wanted, std::string_view last_event_id,
                                     const std::string& address);
  void leave(const std::string& address);
  // For what drawing a connection's faults begins with; each gets another.
  std::uint64_t next_connection() { return connections_++; }

  void on_frame(FrameKind kind, std::uint64_t n, std::string_view id, std::string_view data) override;
  // What was told of by on_frame() is about to be written.
  void before_write();

  void on_refused(int status);
  void on_broken_off(const char* cause);

  Counters counters() const;
  bool wait_until_done(std::chrono::milliseconds limit);
  void stop_waiting();

 private:
  Hub(const SimOptions& options, const Plan& plan, std::unique_ptr<Events> events,
      std::unique_ptr<Recorder> recorder, Metrics& metrics);
  Reach reach() const;

  SimOptions options_;
  Log log_;
  Pace pace_;
  std::unique_ptr<Events> events_;
  std::unique_ptr<Recorder> recorder_;
  Metrics& metrics_;
  Served served_;
  std::uint64_t reached_ = 0;  // one behind the furthest place of the log that was served
  Draw draw_;                  // for answers with another status
  std::uint64_t connections_ = 0;
  std::map<std::string, unsigned> by_address_;  // bounded by kMaxConnections

  std::array<prometheus::Counter*, 5> frames_metric_{};
  prometheus::Gauge& open_metric_;
  std::array<std::uint64_t, 5> frames_told_{};  // to the metrics
  std::array<std::atomic<std::uint64_t>, 5> frames_{};
  std::atomic<std::uint64_t> events_served_{0};
  std::atomic<std::uint64_t> streams_{0};
  std::atomic<std::uint64_t> open_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> broken_off_{0};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  bool stopping_ = false;
};

}  // namespace wikiflow::sim
