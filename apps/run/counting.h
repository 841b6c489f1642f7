// Topic to counts, with all its parts and its threads: what `consumer` is, and the other half of `wikiflow
// run`.
//
// The topic may not be there, or not be reachable, when it starts: it keeps trying, and /stats answers with
// empty maps and "not complete" meanwhile.
//
// Threads: start() and stop() from one; the rest from any. The thread "count" opens the reader and runs the
// tally.

#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "pipeline/tally.h"
#include "run/supervisor.h"
#include "serve/server.h"
#include "serve/stats.h"
#include "store/count_store.h"
#include "topic/topic.h"

namespace wikiflow::app {

class Counting {
 public:
  using ReaderFactory = std::function<Result<std::unique_ptr<topic::Reader>>()>;

  Counting(ReaderFactory open_reader, std::unique_ptr<store::CountStore> store,
           const pipeline::TallyOptions& options, Clock& clock, Metrics& metrics);
  ~Counting();
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;

  void start();

  // Finishes the batches in work, sends the last commits. Error: why counting ended before it was asked to.
  Result<void> stop();

  // Requested when counting ended by itself, which it only does on a fatal error.
  std::stop_token finished() const { return finished_.get_token(); }

  serve::Route stats_route();
  // What it needs to work at all; the topic.
  std::vector<Dependency> outside();
  // For /readyz: that, and whether the counts are complete.
  std::vector<Dependency> dependencies();

  std::uint64_t counted() const { return store_->size().changes; }
  std::optional<double> records_behind() const;

 private:
  std::unique_ptr<topic::Reader> open(std::stop_token stop);
  void run();
  std::optional<std::string> trouble() const;
  std::optional<std::string> incomplete() const;

  const ReaderFactory open_reader_;
  std::unique_ptr<store::CountStore> store_;
  const pipeline::TallyOptions options_;
  Clock& clock_;
  Metrics& metrics_;
  std::unique_ptr<topic::Reader> reader_;

  // Set once when the reader is there, and alive until the object goes.
  mutable std::mutex mutex_;
  std::unique_ptr<pipeline::Tally> tally_;
  std::unique_ptr<serve::Stats> stats_;
  std::string failure_ = "not connected yet";

  std::stop_source stop_;
  std::stop_source finished_;
  Result<void> result_;
  std::thread thread_;
};

}  // namespace wikiflow::app
