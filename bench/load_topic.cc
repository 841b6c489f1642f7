// Fills a topic with three-field records, evenly over its partitions (the key is the title); with --headers,
// under the headers that our producer writes, each with an event id of its own.

#include <CLI/CLI.hpp>

#include "event/record_header.h"
#include "kafka.h"
#include "measure.h"
#include "source/interval.h"
#include "source/position.h"
#include "workload.h"

namespace {

using namespace wikiflow;
using namespace wikiflow::bench;

// As the producer's, of a stream of 30 events a second over two data centres.
class Headers {
 public:
  rd_kafka_headers_t* of(std::uint64_t number) {
    const auto time = static_cast<std::int64_t>(kBegin + number * 30);
    if (number % kEach == 0) {
      position_ = at(time);
      source::Interval{.from = from_, .through = position_}.encode(interval_);
      position_.encode(text_);
    }
    id_[0] = number;
    id_[1] = ~number * 0x9E3779B97F4A7C15U;
    const std::string_view raw(reinterpret_cast<const char*>(id_.data()), sizeof id_);
    RecordHeader{
        .id = *EventId::from_raw(raw), .source = "simulator", .position = text_, .interval = interval_}
        .encode(header_);
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(1);
    add_header(headers, kRecordHeader, header_);
    return headers;
  }

 private:
  static constexpr std::uint64_t kBegin = 1'791'207'722'000;
  static constexpr std::uint64_t kEach = 64;  // records between acknowledgements

  static source::Position at(std::int64_t time) {
    return source::Position({{"codfw.mediawiki.recentchange", 0, from_unix_ms(time), false},
                             {"eqiad.mediawiki.recentchange", 0, from_unix_ms(time), false}});
  }

  const source::Position from_ = at(kBegin);
  source::Position position_;
  std::string text_;
  std::string interval_;
  std::string header_;
  std::array<std::uint64_t, 2> id_{};
};

void produce(rd_kafka_t* client, rd_kafka_topic_t* topic, const Workload::Record& record,
             rd_kafka_headers_t* headers) {
  while (!produced(client, topic, record.title, record.value, headers)) rd_kafka_poll(client, 10);
}

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
  bool with_headers = false;
  CLI::App app("Fills a topic with three-field records");
  app.add_option("--broker", broker)->required();
  app.add_option("--topic", topic_name, "created when missing")->required();
  app.add_option("--records", records, "how many")->capture_default_str();
  app.add_option("--users", users, "how many different ones")->capture_default_str();
  app.add_flag("--distinct", distinct, "users in turn, not by Zipf's law");
  app.add_flag("--headers", with_headers, "as our producer writes them");
  CLI11_PARSE(app, argc, argv);

  const auto client = raw_producer(broker);
  create_topic(client.get(), topic_name);
  const auto topic = raw_topic(client.get(), topic_name);
  Workload workload(1, users, distinct);
  Workload::Record record;
  Headers headers;
  double bytes = 0;
  const Meter meter;
  for (std::uint64_t i = 0; i < records; ++i) {
    workload.record(record);
    bytes += static_cast<double>(record.value.size());
    if (with_headers) {
      produce(client.get(), topic.get(), record, headers.of(i));
    } else {
      produce(client.get(), topic.get(), record);
    }
  }
  flush(client.get());
  print_result({{"records", static_cast<double>(records)},
                {"record_bytes", bytes / static_cast<double>(records)},
                {"wall_s", meter.wall_s()},
                {"cpu_s", meter.cpu_s()},
                {"rss_mb", peak_rss_mb()}});
  return 0;
}
