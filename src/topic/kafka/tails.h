// The ends of a topic's partitions, for Broker::tails(). A client of its own, without a group, made for one
// use and dropped.

#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "topic/kafka/kafka.h"
#include "topic/topic.h"

namespace wikiflow::topic::kafka {

// `partitions`: how many the topic has. Errors: as Broker::tails().
Result<std::vector<Tail>> read_tails(const std::string& topic, int partitions,
                                     std::size_t records_per_partition, std::chrono::milliseconds limit,
                                     const KafkaOptions& options);

}  // namespace wikiflow::topic::kafka
