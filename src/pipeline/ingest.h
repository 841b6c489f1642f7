// Source to topic: every change that the source hands over becomes one record.
//
// Guarantee, while the process lives: a change is passed over only when the broker has acknowledged it. When
// the writer fails for good, it is closed and opened again, the source goes back to the position of the last
// acknowledged record, and what was acknowledged after that position is dropped by its id. A stop waits for
// what is in flight.
//
// Back-pressure: while the topic takes nothing, send() waits, and so the source's connection is not read.
//
// Bounds: the records in flight are the writer's to bound; for each, 16 bytes are kept here, and a position
// for every kPositionEvery.
//
// Threads: run() on one; status() from any.

#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/backoff.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "source/source.h"
#include "topic/topic.h"

namespace wikiflow::pipeline {

struct IngestOptions {
  std::string source_name = "live";              // live, simulator or sample: the record's header
  std::chrono::milliseconds drain_limit{7'000};  // how long a stop waits for what is in flight
};

class Ingest final : private source::ChangeSink {
 public:
  using WriterFactory = std::function<Result<std::unique_ptr<topic::Writer>>()>;

  // None of the references is owned; all outlive the object.
  Ingest(source::Source& source, WriterFactory open_writer, const IngestOptions& options, Clock& clock,
         Metrics& metrics);

  // Until `stop`, or until the source ends by itself. Error: transient when a stop could not get everything
  // that was read acknowledged within the limit; its text says how many records that leaves.
  Result<void> run(std::stop_token stop);

  // Why nothing can be written at this moment, or nothing.
  std::optional<std::string> trouble() const;

  std::uint64_t sent() const { return sent_total_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t kPositionEvery = 64;

  bool on_change(const Change& change, const source::Position& at) override;
  bool send(const topic::OutRecord& record);
  Result<bool> run_writer(std::stop_token stop);
  void keep_track(const Change& change, const source::Position& at, bool taken);
  void forget_acknowledged();
  void go_back();
  Result<void> drain();
  bool open_writer(std::stop_token stop);

  source::Source& source_;
  const WriterFactory open_writer_;
  const IngestOptions options_;
  Clock& clock_;

  std::shared_ptr<topic::Writer> writer_;  // shared with trouble(), which may run at any time
  mutable std::mutex writer_mutex_;        // guards writer_ the pointer, and failure_
  std::string failure_;
  std::stop_token stop_;
  Backoff backoff_;

  // Of the current writer: what was sent and may not be acknowledged yet.
  struct Mark {
    std::uint64_t sent;  // records sent before this position was reached
    source::Position position;
  };
  std::uint64_t sent_ = 0;
  std::deque<EventId> in_flight_;     // ids of the last in_flight_.size() records sent
  std::optional<EventId> not_taken_;  // of the send that failed
  std::deque<Mark> marks_;            // the first is at or before the last acknowledged record
  std::string value_;
  std::string key_;
  std::string position_bytes_;

  std::atomic<std::uint64_t> sent_total_{0};
  prometheus::Counter& records_;
  prometheus::Counter& refused_;
  prometheus::Counter& reopened_;
  prometheus::Gauge& unacknowledged_;
};

}  // namespace wikiflow::pipeline
