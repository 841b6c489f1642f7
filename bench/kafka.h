// The raw client that the floors use: librdkafka with the settings that our reader and writer use, and
// nothing of ours in between.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "topic/kafka/config.h"

namespace wikiflow::bench {

inline constexpr int kPartitions = 6;

template <auto destroy>
struct Destroy {
  template <typename T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy<rd_kafka_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy<rd_kafka_topic_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;

// These end the program with a message when they fail: there is nothing to measure then. `more`: properties
// beside those of our reader and writer.
Client raw_producer(const std::string& broker, const topic::kafka::Settings& more = {});
Client raw_consumer(const std::string& broker, const topic::kafka::Settings& more = {});
// "name=value" each, as given to -X.
topic::kafka::Settings properties(const std::vector<std::string>& pairs);
Topic raw_topic(rd_kafka_t* client, const std::string& name);
// Creates the topic with kPartitions; one that is there already is fine.
void create_topic(rd_kafka_t* client, const std::string& name);

void add_header(rd_kafka_headers_t* headers, std::string_view name, std::string_view value);
// Copies key and value, and takes the headers. False while the producer's queue is full: the headers are the
// caller's still, to be tried again.
bool produced(rd_kafka_t* client, rd_kafka_topic_t* topic, std::string_view key, std::string_view value,
              rd_kafka_headers_t* headers);

// Starts all partitions at `offset` (RD_KAFKA_OFFSET_BEGINNING or _END) into one queue.
Queue read_all(rd_kafka_t* client, rd_kafka_topic_t* topic, std::int64_t offset);

// Waits until the producer's queue is empty.
void flush(rd_kafka_t* client);

[[noreturn]] void die(const std::string& why);

}  // namespace wikiflow::bench
