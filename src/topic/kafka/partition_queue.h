// The queue of records fetched from one assigned partition, and where reading of it stands.
//
// librdkafka forwards all partitions into one queue by default. They are kept apart here, so that several
// threads can work on different partitions while each stays in order. The queue wakes the rota when it stops
// being empty.
//
// Threads: any; take() by one at a time, which the rota ensures.

#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>

#include "topic/kafka/handle.h"
#include "topic/rota.h"
#include "topic/topic.h"

namespace wikiflow::topic::kafka {

class PartitionQueue {
 public:
  // From now on the partition's records come here. `client` and `rota` outlive it.
  PartitionQueue(rd_kafka_t* client, std::string topic, Partition partition, Rota& rota);
  ~PartitionQueue();
  PartitionQueue(const PartitionQueue&) = delete;
  PartitionQueue& operator=(const PartitionQueue&) = delete;

  Partition partition() const { return partition_; }

  // Moves what is there into `messages`, without waiting. The caller destroys them.
  std::size_t take(std::span<rd_kafka_message_t*> messages);
  bool empty() const { return rd_kafka_queue_length(queue_.get()) == 0; }

  // Reading goes on at `next`.
  void moved_to(std::int64_t next) { next_.store(next, std::memory_order_relaxed); }
  std::int64_t next() const { return next_.load(std::memory_order_relaxed); }

  // Asks the broker for the log's start and end, waiting at most `limit_ms`. True once it has answered.
  bool learn_bounds(int limit_ms);
  Progress progress() const;

 private:
  static void not_empty(rd_kafka_t* client, void* self);

  rd_kafka_t* const client_;
  const std::string topic_;
  const Partition partition_;
  Rota& rota_;
  QueueHandle queue_;
  std::atomic<std::int64_t> next_{-1};  // -1: at the beginning, which is not known yet
  std::atomic<std::int64_t> beginning_{0};
  std::atomic<std::int64_t> end_{0};
  std::atomic<bool> end_known_{false};
};

}  // namespace wikiflow::topic::kafka
