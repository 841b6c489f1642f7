// Fills a topic with three-field records, evenly over its partitions (the key is the title).

#include <CLI/CLI.hpp>

#include "kafka.h"
#include "measure.h"
#include "workload.h"

namespace {

using namespace wikiflow::bench;

void produce(rd_kafka_t* client, rd_kafka_topic_t* topic, Workload::Record& record) {
  while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, record.value.data(),
                          record.value.size(), record.title.data(), record.title.size(), nullptr) != 0) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) die(rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_poll(client, 10);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string broker;
  std::string topic_name;
  std::uint64_t records = 10'000'000;
  std::size_t users = 100'000;
  bool distinct = false;
  CLI::App app("Fills a topic with three-field records");
  app.add_option("--broker", broker)->required();
  app.add_option("--topic", topic_name, "created when missing")->required();
  app.add_option("--records", records, "how many")->capture_default_str();
  app.add_option("--users", users, "how many different ones")->capture_default_str();
  app.add_flag("--distinct", distinct, "users in turn, not by Zipf's law");
  CLI11_PARSE(app, argc, argv);

  const auto client = raw_producer(broker);
  create_topic(client.get(), topic_name);
  const auto topic = raw_topic(client.get(), topic_name);
  Workload workload(1, users, distinct);
  Workload::Record record;
  double bytes = 0;
  const Meter meter;
  for (std::uint64_t i = 0; i < records; ++i) {
    workload.record(record);
    bytes += static_cast<double>(record.value.size());
    produce(client.get(), topic.get(), record);
  }
  flush(client.get());
  print_result({{"records", static_cast<double>(records)},
                {"record_bytes", bytes / static_cast<double>(records)},
                {"wall_s", meter.wall_s()},
                {"cpu_s", meter.cpu_s()},
                {"rss_mb", peak_rss_mb()}});
  return 0;
}
