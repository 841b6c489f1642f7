// Topics on any broker that speaks the Kafka protocol (Redpanda, Apache Kafka), through librdkafka.
//
// Writer: idempotent, acks=all, so a record is delivered once and in order however often the broker goes
// away; `max_in_flight_records` and `max_in_flight_bytes` bound what waits for it. A delivery that fails for
// good makes the writer fatal, except a record that is too large for the topic and travelled alone: that one
// is counted by refused(). So does a stall (stall_watch.h): what is in flight is then given up at once, and
// the writer fails as soon as a broker answers again, so that its caller finds one.
//
// Reader: one queue of fetched records for each partition; `max_fetched_bytes` bounds all of them together.
// An offset that the log no longer has is fatal, never a silent jump. Without a listener all partitions that
// the topic has at the start are read; when partitions are added later the reader fails with an error that
// says so, because keys have moved between partitions and only a new start sees them in order. With a
// listener, a batch that does not come back within 30 s of a revocation is given up, and the listener is told
// that the partition is lost. After an error of AssignmentListener::assigned() the reader has left the group
// and next() returns that error from then on: make a new reader.
//
// trouble() of both is set while no broker can be reached, logging in fails, or nothing was heard for 10 s
// although something was asked; one line is logged when it begins and one when it ends.
//
// Threads: each writer and each reader owns one, beside librdkafka's own.

#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/result.h"
#include "topic/topic.h"

namespace wikiflow::topic::kafka {

struct KafkaOptions {
  std::string bootstrap = "localhost:9092";  // host:port[,host:port...]
  std::string client_id = "wikiflow";
  // Any property of librdkafka but those that the promise rests on or that have a setting of their own; see
  // refused_property() in config.h.
  std::map<std::string, std::string> properties;

  std::size_t max_in_flight_records = 16'384;  // rounded up to a power of two
  std::size_t max_in_flight_bytes = 64U << 20U;
  std::size_t max_fetched_bytes = 48U
                                  << 20U;  // records waiting in a reader, with what librdkafka adds to each
  std::size_t max_record_bytes = 900'000;  // key and value; a larger one is bad_input
  std::chrono::milliseconds stall_limit{60'000};  // see stall_watch.h
  std::chrono::milliseconds statistics_interval{5'000};
};

// Checks the options, without a connection. Errors: bad_input naming the property. The broker object may be
// made while no broker can be reached; ensure() and reader() then return transient errors, a writer waits.
Result<std::unique_ptr<Broker>> connect(const KafkaOptions& options, Metrics& metrics);

// "librdkafka 2.15.1 (gzip,snappy,ssl,...)".
std::string features();

}  // namespace wikiflow::topic::kafka
