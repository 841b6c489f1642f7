// Commits to the group, gathered: the newest of each partition, sent at most once a second, one request at a
// time.
//
// They only show lag, so a failed one is logged, counted and replaced by the next.
//
// Bound: one entry for each partition. Threads: want(), drop() and flush() from any; the rest from the
// reader's.

#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <span>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "base/time.h"
#include "topic/kafka/handle.h"
#include "topic/topic.h"

namespace wikiflow::topic::kafka {

class Committer {
 public:
  Committer(std::string topic, Metrics& metrics);

  void want(Partition partition, Offset next);
  // Partitions that now are somebody else's.
  void drop(std::span<const Partition> partitions);

  // Waits until everything wanted was answered. The reader's thread does the sending.
  Result<void> flush(std::chrono::milliseconds limit);

  // Sends what is due, or all there is when `now`. The answer comes as an event on `queue`.
  void send(rd_kafka_t* client, rd_kafka_queue_t* queue, bool now);
  void answered(rd_kafka_event_t* event);
  bool idle() const;

 private:
  PartitionsHandle begin(bool now);
  void failed(const std::string& why);

  const std::string topic_;
  prometheus::Counter& failures_;
  LogLimit log_limit_{std::chrono::seconds{30}};
  mutable std::mutex mutex_;
  std::condition_variable done_;
  std::map<Partition, Offset> wanted_;
  int flushing_ = 0;
  bool sent_ = false;  // a request is under way
  SteadyTime last_{};
};

}  // namespace wikiflow::topic::kafka
