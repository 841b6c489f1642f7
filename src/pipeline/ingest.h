// Source to topic: every change that the source hands over becomes one record.
//
// Guarantee, across crashes of the process: a change is passed over only when the broker has acknowledged it.
// Each record carries the interval [from, through]: everything that the source sent from the one position up
// to the other was acknowledged when the record was sent. `through` is where the source stood after the
// longest acknowledged prefix in the order of arrival; what was dropped on the way (canaries, repeats) counts
// as passed, and what can be no record (events that are malformed, records that the topic refuses) once its
// dead letter is acknowledged. At start, and whenever the writer has failed for good, the ends of
// the topic's partitions are read, and the source resumes at the end of what they say is there (place.h);
// what they hold beyond that is dropped by its id. A topic that cannot be read whole is waited for.
//
// A writer's failure is noticed when nothing comes from the source, too: what it had in flight is sent again
// then, and not only when the next change comes.
//
// An empty topic: the source begins where it was told to. So it does in a topic of records which say nothing
// of a position; then what lies between is lost, which is logged, counted, and told by a record in the topic,
// as is a gap that the source reports (event/codec.h). A stop waits for what is in flight.
//
// Other producers may write the same topic. One that they are far ahead of (lead.h) goes on where the topic
// ends, as if its writer had failed; and nothing is sent that was decided without knowing how far they are:
// before a record whose knowledge is older than some seconds (the process was stopped, the source silent, the
// broker away) the broker is waited for.
//
// Back-pressure: while the topic takes nothing, send() waits, and so the source's connection is not read. The
// same goes for the dead-letter topic, once as many letters wait as may (dead_letters.h), or once 16,384
// events (an eighth of the dedupe window, if that is less) came after one that waits: a start goes back to
// that letter, and the ids of so many are still found where the topic ends. Repeats count too, so that
// several starts do not get further.
//
// Bounds: the records in flight are the writer's to bound; a position is kept here for every kPositionEvery
// of them, and for every letter that waits.
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
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "pipeline/dead_letters.h"
#include "pipeline/lead.h"
#include "pipeline/place.h"
#include "source/interval.h"
#include "source/source.h"
#include "topic/topic.h"

namespace wikiflow::pipeline {

struct IngestOptions {
  using TailsReader = std::function<Result<std::vector<topic::Tail>>()>;

  // Reads the ends of the topic's partitions. Empty: what is in the topic does not matter, and the first
  // start is where the source was told to begin; once the writer has failed, the source goes back to the last
  // acknowledged position, and what was acknowledged after it is sent twice.
  TailsReader tails{};
  std::string source_name = "live";              // live, simulator or sample: the record's header
  std::chrono::milliseconds drain_limit{7'000};  // how long a stop waits for what is in flight
  std::int64_t dedupe_window = 0;                // of the consumers (lead.h); 0: nobody else writes the topic
  DeadLetters* dead_letters = nullptr;           // outlives the ingest; nothing: what can be none is dropped
  std::string topic{};                           // what dead letters call the topic
};

class Ingest final : private source::ChangeSink {
 public:
  using WriterFactory = std::function<Result<std::unique_ptr<topic::Writer>>()>;

  // None of the references is owned; all outlive the object.
  Ingest(source::Source& source, WriterFactory open_writer, const IngestOptions& options, Clock& clock,
         Metrics& metrics);

  // Until `stop`, or until the source ends by itself. Errors: transient when a stop could not get everything
  // that was sent acknowledged within the limit; its text says how many records that leaves. bad_input when
  // no writer can be made of the settings.
  Result<void> run(std::stop_token stop);

  // Why nothing can be written at this moment, or nothing.
  std::optional<std::string> trouble() const;

  std::uint64_t sent() const { return sent_total_.load(std::memory_order_relaxed); }

 private:
  // A record tells a position that is at most so many records behind what is acknowledged.
  static constexpr std::uint64_t kPositionEvery = 64;

  bool on_change(const Change& change, const source::Position& at) override;
  void on_dropped(const source::Position& at) override;
  void on_refused(const source::Refused& event, const source::Position& at) override;
  bool on_gap(const source::Position& asked, const source::Position& found) override;
  bool wants_more() override;
  bool tell_gap(const source::Position& asked, const source::Position& found, Millis to);
  bool send(const topic::OutRecord& record);
  bool letters_keep_up();
  bool keeps_up();
  static bool writer_failed(const Error& error);
  void take_refused();
  Result<bool> run_writer(std::stop_token stop);
  void pass_acknowledged();
  void refresh_interval(const source::Position& at);
  void keep_track(const source::Position& at);
  void mark(const source::Position& at);
  std::uint64_t unacknowledged() const;
  void show_unacknowledged();
  void close_writer();
  std::chrono::milliseconds drain_left();
  Result<void> drain();
  Result<bool> open_writer(std::stop_token stop);
  Result<bool> resume(std::stop_token stop);
  void go_on(const Place& place);
  std::optional<source::Interval> own_interval() const;
  void set_trouble(const std::string& failure, std::string_view what);

  source::Source& source_;
  const WriterFactory open_writer_;
  const IngestOptions options_;
  Clock& clock_;

  std::unique_ptr<topic::Writer> writer_;
  mutable std::mutex writer_mutex_;  // held to change writer_, and by trouble(), which may run at any time
  std::string failure_;              // guarded by writer_mutex_
  std::stop_token stop_;
  std::optional<SteadyTime> drain_end_;  // once asked to stop: until when it may wait for what is in flight
  Backoff backoff_;

  // Everything the source sent from from_ up to through_ is acknowledged. Empty: where it was told to begin.
  source::Position from_;
  source::Position through_;
  Lead lead_;
  const std::uint64_t most_after_a_letter_;  // events
  SteadyTime looked_{};                      // when what was looked at last was asked for
  bool lost_ = false;                        // there is a gap before from_ to be told of
  std::string interval_;                     // encoded as the header says it; empty when it has to be made
  std::string header_;

  // Of the current writer: positions reached that may not be acknowledged yet.
  struct Mark {
    std::uint64_t sent;           // records sent before this position was reached
    DeadLetters::Ticket letters;  // the last dead letter before it
    std::uint64_t come;           // events before it, whatever became of them
    source::Position position;
  };
  std::uint64_t sent_ = 0;
  std::uint64_t come_ = 0;
  std::uint64_t refused_seen_ = 0;
  DeadLetters::Ticket letters_ = 0;  // the last put, by any writer
  std::deque<Mark> marks_;
  std::string value_;
  std::string key_;
  std::string position_bytes_;

  std::atomic<std::uint64_t> sent_total_{0};
  prometheus::Counter& records_;
  prometheus::Counter& refused_;
  prometheus::Counter& reopened_;
  prometheus::Counter& lost_positions_;
  prometheus::Counter& behind_;
  prometheus::Gauge& unacknowledged_;
  prometheus::Gauge& positions_;
};

}  // namespace wikiflow::pipeline
