// Which partition a key goes to: murmur2 of the key's bytes, as Java clients and librdkafka's
// `murmur2_random` do.
//
// All implementations agree, so a topic keeps its partitioning when it moves from one to another, and a
// record written by somebody else's Java producer lies beside ours with the same key.

#pragma once

#include <cstdint>
#include <string_view>

#include "topic/topic.h"

namespace wikiflow::topic {

// MurmurHash2, 32 bits, with Kafka's seed.
std::uint32_t murmur2(std::string_view bytes);

// `partitions` at least 1. An empty key has no partition of its own: the caller picks one.
Partition partition_of(std::string_view key, int partitions);

}  // namespace wikiflow::topic
