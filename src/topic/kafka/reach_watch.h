// How far a topic reaches, asked of its brokers about once a second through a producer's client.
//
// Threads: look() and answered() on the writer's; reach() from any.

#pragma once

#include <librdkafka/rdkafka.h>

#include <mutex>
#include <optional>
#include <string>

#include "topic/kafka/handle.h"
#include "topic/topic.h"

namespace wikiflow::topic::kafka {

class ReachWatch {
 public:
  // Asks when it is time to. The answer is an event of `queue`, to be given to answered(). `acknowledged`: of
  // the client's own records, in any order.
  void look(rd_kafka_t* client, rd_kafka_topic_t* topic, rd_kafka_queue_t* queue, SteadyTime now,
            std::uint64_t acknowledged);
  void answered(rd_kafka_event_t* event);

  std::optional<Reach> reach() const;

 private:
  void find_partitions(rd_kafka_t* client, rd_kafka_topic_t* topic);

  PartitionsHandle ends_;       // what is asked for; empty until the topic's partitions are known
  std::optional<Reach> asked_;  // the question on its way
  SteadyTime last_{};
  mutable std::mutex mutex_;
  std::optional<Reach> known_;
};

}  // namespace wikiflow::topic::kafka
