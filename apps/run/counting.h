// Topic to counts, with all its parts and its threads: what `consumer` is, and the other half of `wikiflow
// run`.
//
// The topic or the store may not be there, or not be reachable, when it starts: it keeps trying, and /stats
// answers with empty maps and "not complete" meanwhile. The store is opened first, for it says where to read
// from. Where other processes write to the same store, a second reader, which is idle, takes part in the
// group that says who writes which partition.
//
// Threads: start() and stop() from one; the rest from any. The thread "count" opens store and reader, and
// runs the tally.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "pipeline/ownership.h"
#include "pipeline/tally.h"
#include "pipeline/undecodable.h"
#include "run/supervisor.h"
#include "serve/server.h"
#include "serve/stats.h"
#include "store/count_store.h"
#include "topic/topic.h"

namespace wikiflow::app {

struct CountingOptions {
  topic::TopicSpec topic;
  topic::TopicSpec dead_letters{};  // without a name: there are none
  std::string group;
  int max_concurrent_fetches = 5;
  std::int64_t dedupe_window = 393'216;  // ids over all partitions
};

class Counting {
 public:
  // The broker, clock and metrics outlive the object.
  Counting(topic::Broker& broker, std::unique_ptr<store::CountStore> store, const CountingOptions& options,
           Clock& clock, Metrics& metrics);
  ~Counting();
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;

  void start();

  // Finishes the batches in work, sends the last commits. Error: why counting ended before it was asked to.
  Result<void> stop();

  // Requested when counting ended by itself, which it only does on a fatal error.
  std::stop_token finished() const { return finished_.get_token(); }

  serve::Route stats_route();
  // What it needs to work at all: the topic, the store, the topic of dead letters.
  std::vector<Dependency> outside();
  // For /readyz: that, and whether the counts have caught up with the topic as it was at the start.
  std::vector<Dependency> dependencies();

  std::uint64_t counted() const { return store_->size().changes; }
  std::optional<double> records_behind() const;

 private:
  // Where an attempt to open failed.
  struct Failure {
    const char* dependency;  // "topic", "store" or "dead_letters"
    Error error;
  };

  bool open(std::stop_token stop);
  std::optional<Failure> try_to_open();
  void run();
  std::optional<std::string> topic_trouble() const;
  std::optional<std::string> store_trouble() const;
  std::optional<std::string> dead_letter_trouble() const;
  std::optional<std::string> behind() const;

  topic::Broker& broker_;
  std::unique_ptr<store::CountStore> store_;
  const CountingOptions options_;
  Clock& clock_;
  Metrics& metrics_;
  std::unique_ptr<pipeline::DeadLetters> dead_letters_;
  std::unique_ptr<pipeline::Undecodable> undecodable_;
  store::Checkpoints from_;
  pipeline::TallyOptions tally_options_;
  std::unique_ptr<pipeline::Ownership> ownership_;  // where the store is shared
  std::unique_ptr<topic::Reader> member_;           // of the group; calls the ownership until it goes
  std::unique_ptr<topic::Reader> reader_;

  // Set once when the reader is there, and alive until the object goes.
  mutable std::mutex mutex_;
  std::unique_ptr<pipeline::Tally> tally_;
  std::unique_ptr<serve::Stats> stats_;
  std::optional<Failure> failure_ = Failure{"topic", {ErrorKind::transient, "not connected yet"}};

  std::stop_source stop_;
  std::stop_source finished_;
  Result<void> result_;
  std::thread thread_;
};

}  // namespace wikiflow::app
