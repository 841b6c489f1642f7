// Topic to counts: batches are decoded and counted by `workers` threads, made lasting once a second, and then
// committed.
//
// Guarantee: every change that the topic holds is counted once, whenever the process dies and goes on from
// its store, and however often a producer sent it within the dedupe window; and a commit names only what is
// lasting. A log that is not the one that was counted ends it with an error. At most `workers` batches are
// worked on at once (MAX_CONCURRENT_FETCHES), each partition in its order; decoding runs side by side, adding
// to the counts one batch at a time.
//
// A record that cannot be decoded is counted as malformed and becomes a dead letter, which is acknowledged
// before anything that passes the record is made lasting (undecodable.h); without a place for those it is
// logged and passed over. While the store or the dead-letter topic is in trouble no work is taken; it goes on
// by itself.
//
// Threads: run() on one, which starts and joins the workers; everything else from any. begin(), count_next()
// and flush() are what run() is made of, for a caller that decides by itself what comes when, as the
// simulation does (simulation_test.cc): each of them from one thread at a time, and none beside run().

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "event/codec.h"
#include "pipeline/delays.h"
#include "pipeline/lane.h"
#include "pipeline/undecodable.h"
#include "store/count_store.h"
#include "topic/topic.h"

namespace wikiflow::pipeline {

struct TallyOptions {
  int workers = 5;
  std::chrono::milliseconds freshness{30'000};        // without contact for longer, answers are not complete
  std::chrono::milliseconds flush_every{1'000};       // how much work a crash can make be done again
  std::chrono::milliseconds flush_behind{10'000};     // the same while far behind (pipeline/flush_pace.h)
  std::uint64_t flush_changes = 50'000'000;           // and at most so many
  std::chrono::milliseconds flush_limit{60'000};      // how long one flush may take before it is tried again
  std::chrono::milliseconds flush_silence{10'000};    // and without a sign of the store
  std::chrono::milliseconds last_flush_limit{6'000};  // how long the flush of a stop may take
  std::chrono::milliseconds commit_limit{2'000};  // the same for its commits, and for a store that is silent
  std::uint32_t dedupe_ids = 65'536;              // the dedupe window of each partition
  Undecodable* undecodable = nullptr;             // outlives the tally; nothing: no dead letters
};

// What the numbers say of themselves.
struct Freshness {
  // Everything that was in the topic when this process began was counted, exactly once as far as the log
  // tells, and the broker was heard from lately.
  bool complete = false;
  // The same, whether exactly once or not: what the log no longer tells, waiting does not bring.
  bool caught_up = false;
  // The counts hold everything sent to the topic up to here. Does not go back, unless the clock does. nullopt
  // before anything is known.
  std::optional<Millis> as_of;
  // The topic no longer reaches back to its first record: counts begin here.
  std::optional<Millis> since;
  std::int64_t lag = 0;  // records in the topic that are not counted yet, as far as is known
};

struct Answer {
  count::TotalsView totals;
  Freshness freshness;
};

class Tally {
 public:
  // What a worker uses again for each batch.
  struct Desk {
    RecordDecoder decoder{};
    std::vector<std::optional<EventId>> ids{};
    std::vector<std::pair<const topic::Record*, Result<Counted>>> decoded{};  // those without a header
    std::vector<Lane::Verdict> verdicts{};
    std::vector<store::Item> items{};
    std::vector<std::pair<const topic::Record*, std::string>> undecodable{};  // and why
  };
  enum class Step {
    counted,  // a batch
    idle,     // there was none
    trouble,  // the store or the topic is away: to be tried again, but not at once
  };

  // `from` is what the store's open() returned, and the reader begins at start_offsets() of it. Commits go
  // through `committer` when the store is shared, else through the reader. None of the references is owned;
  // all outlive the object.
  Tally(topic::Reader& reader, store::CountStore& store, const store::Checkpoints& from,
        const TallyOptions& options, Clock& clock, Metrics& metrics, topic::Reader* committer = nullptr);

  // Until `stop`, or until the reader or the store fails for good, or the log is another (that error).
  Result<void> run(std::stop_token stop);

  // Before anything is counted: whether the log holds what the checkpoints go on from. Error: fatal.
  Result<void> begin(std::stop_token stop);

  // Waits at most `wait` for a batch, and counts it. Error: fatal.
  Result<Step> count_next(Desk& desk, std::chrono::milliseconds wait, std::stop_token stop);

  // Makes lasting what was counted, and commits that. A store that is away is logged. Error: fatal.
  Result<void> flush(const store::FlushLimits& limits);
  Result<void> flush(std::chrono::milliseconds limit) { return flush({.all = limit, .silence = limit}); }

  // Counts and what they are worth, of one instant; what they are worth never claims too much.
  Answer answer();

  // Cheap.
  Freshness freshness();
  std::uint64_t changes() const { return store_.size().changes; }
  std::uint64_t revision() const { return store_.size().revision; }

  // Why nothing can be read at this moment, or nothing.
  std::optional<std::string> trouble() const;

 private:
  struct Seen {
    Offset included;             // first offset not counted yet
    Millis last_time;            // timestamp of the last record counted
    std::optional<Millis> from;  // timestamp of the first record counted, if the log had lost what was before
    std::optional<Offset> target;  // end of the log when it was first known
    bool exact = true;
  };

  void work(std::stop_token stop);
  Result<void> count(const topic::Batch& batch, Desk& desk);
  void read_ids(const topic::Batch& batch, Desk& desk);
  void take(const topic::Batch& batch, Desk& desk);
  void take(const topic::Record& record, const Result<Counted>& decoded, Desk& desk);
  std::unique_lock<std::mutex> bury(const topic::Batch& batch, const Desk& desk);
  void pass_over(const topic::Batch& batch, const topic::Record& record, const std::string& why);
  void counted(const topic::Batch& batch, const store::Checkpoint& checkpoint);
  Lane& lane_of(Partition partition);
  void flush_in_run(const store::FlushLimits& limits);
  Result<void> look_after_membership();
  void fail(const Error& error);
  Freshness show();
  void show_partitions();

  topic::Reader& reader_;
  topic::Reader& committer_;
  store::CountStore& store_;
  const TallyOptions options_;
  Clock& clock_;
  std::stop_source stop_workers_;
  std::map<Partition, Offset> committed_;   // of the thread that runs
  std::optional<std::string> not_lasting_;  // why; of the thread that flushes

  mutable std::mutex mutex_;                          // guards what follows
  std::map<Partition, std::unique_ptr<Lane>> lanes_;  // each used by the holder of its partition's batch
  std::map<Partition, Seen> seen_;
  Millis as_of_{};  // the latest that was claimed
  std::optional<Error> failure_;
  LogLimit malformed_log_{std::chrono::seconds(10)};

  prometheus::Counter& records_;
  prometheus::Counter& batches_;
  prometheus::Counter& malformed_;
  prometheus::Counter& duplicates_;
  prometheus::Counter& gaps_;
  prometheus::Counter& replayed_;
  prometheus::Gauge& lag_;
  prometheus::Gauge& complete_;
  prometheus::Gauge& users_;
  prometheus::Gauge& domains_;
  Delays delays_;
};

}  // namespace wikiflow::pipeline
