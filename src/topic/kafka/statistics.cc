#include "topic/kafka/statistics.h"

#include <simdjson.h>

#include <algorithm>

namespace wikiflow::topic::kafka {
namespace {

using simdjson::dom::object;

std::int64_t number(const object& from, std::string_view name) {
  std::int64_t value = 0;
  if (from[name].get(value) != simdjson::SUCCESS) return 0;
  return value;
}

std::uint64_t count(const object& from, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, number(from, name)));
}

// Calls `visit` for each object within the object `name`.
template <typename Visit>
void each_in(const object& from, std::string_view name, const Visit& visit) {
  object group;
  if (from[name].get(group) != simdjson::SUCCESS) return;
  for (const auto& [key, value] : group) {
    object entry;
    if (value.get(entry) == simdjson::SUCCESS) visit(key, entry);
  }
}

// Partition -1 is where librdkafka keeps records whose partition is not known yet.
void read_partition(const object& partition, Statistics& statistics, Statistics::Topic& topic) {
  const auto id = static_cast<std::int32_t>(number(partition, "partition"));
  if (id < 0) return;
  ++topic.partitions;
  std::int64_t leader = -1;
  if (partition["leader"].get(leader) != simdjson::SUCCESS) leader = -1;
  topic.leaders[id] = static_cast<std::int32_t>(leader);
  statistics.queued_records += count(partition, "fetchq_cnt");
  statistics.queued_bytes += count(partition, "fetchq_size");
}

}  // namespace

Result<Statistics> parse_statistics(std::string_view json) {
  simdjson::dom::parser parser;
  object root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return bad_input("librdkafka's statistics are not a JSON object");
  }
  Statistics statistics;
  statistics.sent_bytes = count(root, "tx_bytes");
  statistics.received_bytes = count(root, "rx_bytes");
  statistics.queued_records = count(root, "msg_cnt");
  statistics.queued_bytes = count(root, "msg_size");
  each_in(root, "brokers", [&](std::string_view /*name*/, const object& broker) {
    // The others stand for roles, such as the group's coordinator.
    std::string_view source;
    if (broker["source"].get(source) == simdjson::SUCCESS &&
        (source == "configured" || source == "learned")) {
      ++statistics.brokers;
      std::string_view state;
      if (broker["state"].get(state) == simdjson::SUCCESS && state == "UP") ++statistics.connected;
    }
    object rtt;
    if (broker["rtt"].get(rtt) != simdjson::SUCCESS) return;
    statistics.worst_rtt_seconds =
        std::max(statistics.worst_rtt_seconds, static_cast<double>(count(rtt, "p99")) / 1e6);
  });
  each_in(root, "topics", [&](std::string_view name, const object& topic) {
    auto& read = statistics.topics[std::string(name)];
    each_in(topic, "partitions", [&](std::string_view /*id*/, const object& partition) {
      read_partition(partition, statistics, read);
    });
  });
  return statistics;
}

StatisticsGauges::StatisticsGauges(Metrics& metrics, const std::string& client)
    : rtt_(metrics.gauge(
          "wikiflow_kafka_rtt_seconds",
          "p99 of the round trip to the slowest broker in the last report. When it grows, look at the "
          "broker's load and the network.",
          {{"client", client}})),
      queued_records_(
          metrics.gauge("wikiflow_kafka_queued_records",
                        "Records in librdkafka's queues. A writer's grows when the broker is slow, a "
                        "reader's is full when counting is slower than reading.",
                        {{"client", client}})),
      queued_bytes_(metrics.gauge("wikiflow_kafka_queued_bytes",
                                  "Bytes in librdkafka's queues; see queued_records.", {{"client", client}})),
      sent_(
          metrics.counter("wikiflow_kafka_sent_bytes_total", "Bytes sent to brokers.", {{"client", client}})),
      received_(metrics.counter("wikiflow_kafka_received_bytes_total", "Bytes received from brokers.",
                                {{"client", client}})) {}

void StatisticsGauges::show(const Statistics& statistics) {
  rtt_.Set(statistics.worst_rtt_seconds);
  queued_records_.Set(static_cast<double>(statistics.queued_records));
  queued_bytes_.Set(static_cast<double>(statistics.queued_bytes));
  sent_.Increment(static_cast<double>(statistics.sent_bytes - std::min(last_sent_, statistics.sent_bytes)));
  received_.Increment(
      static_cast<double>(statistics.received_bytes - std::min(last_received_, statistics.received_bytes)));
  last_sent_ = statistics.sent_bytes;
  last_received_ = statistics.received_bytes;
}

}  // namespace wikiflow::topic::kafka
