// What the stream means: changes in the order of their arrival, with the position to come back to.
//
// Guarantee, while the object lives: every change that the server sends is handed over, and none twice within
// the last `recent_ids` changes, across cuts and reconnects: each connection resumes at the position less the
// margin, and what comes again is dropped by its id.
//
// A server that no longer has what was asked for goes on with what it has, without a word. A resume brings
// the last event that was seen again, because of the margin; when the first event lies further past the
// position than `gap_tolerance`, something is missing: a gap, which is logged, counted, and told to the sink.
//
// Canaries are dropped, counted, and move the position. So do events that are malformed, which are told to
// the sink as they came, and those over the size limit, as far as they were kept; only the latter's own ids
// are not known. Nothing the server sends stops the source.
//
// Threads: run() and what it calls on one; status() from any.

#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "base/time.h"
#include "event/change.h"
#include "source/decode.h"
#include "source/position.h"
#include "source/recent_ids.h"
#include "sse/stream.h"

namespace wikiflow::source {

struct SourceOptions {
  std::chrono::milliseconds margin{5'000};          // how far a resume goes back
  std::size_t recent_ids = 65'536;                  // some ten minutes of the busiest stretches
  Millis start{};                                   // what the first connection was asked to begin with
  std::chrono::milliseconds gap_tolerance{60'000};  // far beyond the disorder of arrival within a topic
};

// An event that no change can be made of. Borrowed until on_refused() returns.
struct Refused {
  bool oversized = false;
  std::string_view data;    // as it came; of an oversized one how it begins
  std::uint64_t bytes = 0;  // of the whole, as far as it was seen
  std::string_view id;      // meta.id, where it could be read
  std::string_view why;
};

class ChangeSink {
 public:
  virtual ~ChangeSink() = default;
  // Borrowed until it returns. `at`: the position once this change is kept. False ends run().
  virtual bool on_change(const Change& change, const Position& at) = 0;
  // What arrived was no change to be handed over (a canary, a repeat): passed, up to `at`.
  virtual void on_dropped(const Position& at) = 0;
  // What arrived could not be understood; up to `at` once it is dealt with. By default it is dropped.
  virtual void on_refused(const Refused& /*event*/, const Position& at) { on_dropped(at); }
  // The server was asked to go on at `asked` and went on at `found`. False ends run().
  virtual bool on_gap(const Position& asked, const Position& found) = 0;
  // Asked at least once a second while the source is connected, however little comes. False ends run().
  virtual bool wants_more() { return true; }
};

// For /readyz and the terminal.
struct SourceStatus {
  bool connected = false;
  std::string trouble;               // why not, with the way out; empty before the first try
  std::optional<Millis> last_event;  // event time of the last change
};

class Source final : private sse::FrameSink {
 public:
  // `stream`, `clock` and `metrics` are not owned and outlive the source.
  Source(sse::Stream& stream, const SourceOptions& options, const Clock& clock, Metrics& metrics);

  // Until `stop`, the sink's wish, or the server's 204.
  sse::Ended run(ChangeSink& sink, std::stop_token stop);

  // The next connection resumes at `position`, and exactly `seen` are taken as handed over before. An empty
  // position: begin at `start`. Not during run().
  void resume(const Position& position, std::span<const EventId> seen);

  Millis start() const { return options_.start; }

  SourceStatus status() const;

 private:
  std::string last_event_id() override;
  void on_open() override;
  bool on_frame(const sse::Frame& frame) override;
  void on_oversized(std::uint64_t bytes, std::string_view head) override;
  void on_disconnect(const sse::Disconnect& why) override;
  bool wants_more() override { return sink_->wants_more(); }

  void move_position(std::string_view id);
  bool look_for_gap(const Position& asked);
  void refuse(const sse::Frame& frame, const std::string& why);

  sse::Stream& stream_;
  const SourceOptions options_;
  const Clock& clock_;
  ChangeSink* sink_ = nullptr;  // during run()

  Position position_;
  bool resumed_ = false;  // the connection's next id is the first one after a resume
  IdReader id_reader_;
  EventDecoder decoder_;
  RecentIds recent_;
  LogLimit malformed_log_{std::chrono::seconds(10)};

  mutable std::mutex status_mutex_;
  SourceStatus status_;
  std::atomic<std::int64_t> last_event_ms_{0};

  prometheus::Counter& changes_;
  prometheus::Counter& canaries_;
  prometheus::Counter& duplicates_;
  prometheus::Counter& malformed_;
  prometheus::Counter& oversized_;
  prometheus::Counter& error_frames_;
  prometheus::Counter& bad_ids_;
  prometheus::Counter& gaps_;
  prometheus::Gauge& last_event_time_;
};

}  // namespace wikiflow::source
