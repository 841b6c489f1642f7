// The least delay that a broker puts between a writer and a reader: bare produce and consume, with our
// clients' settings, a record every now and then.

#include <CLI/CLI.hpp>
#include <cstring>
#include <thread>

#include "kafka.h"
#include "measure.h"

namespace {

using namespace wikiflow::bench;

constexpr std::size_t kRecordBytes = 400;  // about what our producer writes for an event

// A record begins with the time when it was handed to the producer.
void produce_paced(const std::string& broker, const std::string& topic_name, std::uint64_t records,
                   double rate) {
  const auto client = raw_producer(broker);
  const auto topic = raw_topic(client.get(), topic_name);
  std::string value(kRecordBytes, 'x');
  auto due = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < records; ++i) {
    due += std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / rate));
    std::this_thread::sleep_until(due);
    const std::string key = "page " + std::to_string(i);
    const std::int64_t now = steady_ns();
    std::memcpy(value.data(), &now, sizeof now);
    if (rd_kafka_produce(topic.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value.data(), value.size(),
                         key.data(), key.size(), nullptr) != 0) {
      die(rd_kafka_err2str(rd_kafka_last_error()));
    }
  }
  flush(client.get());
}

std::vector<double> consume(rd_kafka_queue_t* queue, std::uint64_t records) {
  std::vector<double> delays_ms;
  while (delays_ms.size() < records) {
    rd_kafka_message_t* const message = rd_kafka_consume_queue(queue, 1000);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::int64_t sent = 0;
      std::memcpy(&sent, message->payload, sizeof sent);
      delays_ms.push_back(static_cast<double>(steady_ns() - sent) / 1e6);
    }
    rd_kafka_message_destroy(message);
  }
  return delays_ms;
}

}  // namespace

int main(int argc, char** argv) {
  std::string broker;
  std::string topic_name;
  std::uint64_t records = 3000;
  double rate = 100;
  CLI::App app("Delay of bare produce and consume");
  app.add_option("--broker", broker)->required();
  app.add_option("--topic", topic_name, "created when missing; nobody else may write to it")->required();
  app.add_option("--records", records, "how many")->capture_default_str();
  app.add_option("--rate", rate, "a second")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const auto client = raw_consumer(broker);
  create_topic(client.get(), topic_name);
  const auto topic = raw_topic(client.get(), topic_name);
  const auto queue = read_all(client.get(), topic.get(), RD_KAFKA_OFFSET_BEGINNING);
  std::thread producer([&] { produce_paced(broker, topic_name, records, rate); });
  auto delays = consume(queue.get(), records);
  producer.join();
  // The first second is connections being made.
  delays.erase(delays.begin(), delays.begin() + static_cast<std::ptrdiff_t>(std::min<double>(rate, 100)));
  print_result({{"records", static_cast<double>(records)},
                {"p50_ms", quantile(delays, 0.5)},
                {"p99_ms", quantile(delays, 0.99)},
                {"max_ms", quantile(delays, 1)}});
  std::_Exit(0);
}
