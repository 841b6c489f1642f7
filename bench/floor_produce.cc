// The least that writing changes to a topic costs: librdkafka with the records that our producer would write,
// made from the same events before the clock starts.

#include <CLI/CLI.hpp>
#include <array>
#include <thread>

#include "event/codec.h"
#include "event/record_header.h"
#include "kafka.h"
#include "measure.h"
#include "source/decode.h"
#include "source/interval.h"
#include "source/position.h"
#include "workload.h"

namespace {

using namespace wikiflow;
using namespace wikiflow::bench;

// Views into one text, so that this program's memory looks to the allocator as if nothing had gone before.
struct Record {
  std::string_view key;
  std::string_view value;
  std::string_view header;
};

struct Records {
  std::string text;
  std::vector<Record> all;
};

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const auto begin = text.find(before) + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

struct Sizes {
  std::size_t key;
  std::size_t value;
  std::size_t header;
};

Sizes append(const Change& change, const source::Position& at, std::string& text) {
  std::string part;
  Sizes sizes{};
  encode_key(change, part);
  sizes.key = part.size();
  text += part;
  encode_record(change, part);
  sizes.value = part.size();
  text += part;
  std::string position;
  std::string interval;
  at.encode(position);
  source::Interval{.from = at, .through = at}.encode(interval);
  RecordHeader{.id = change.id, .source = "live", .position = position, .interval = interval}.encode(part);
  sizes.header = part.size();
  text += part;
  return sizes;
}

std::vector<Record> cut(std::string_view text, const std::vector<Sizes>& sizes) {
  std::vector<Record> records;
  const auto take = [&](std::size_t size) {
    const auto part = text.substr(0, size);
    text.remove_prefix(size);
    return part;
  };
  for (const Sizes& s : sizes) {
    Record& record = records.emplace_back();
    record.key = take(s.key);
    record.value = take(s.value);
    record.header = take(s.header);
  }
  return records;
}

Records render(const Frames& frames) {
  source::EventDecoder decoder;
  source::IdReader ids;
  source::Position position;
  Records records;
  std::vector<Sizes> sizes;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto components = ids.read(between(frames[i], "\nid: ", "\n"));
    const auto decoded = decoder.decode(between(frames[i], "\ndata: ", "\n"));
    if (!components || !decoded) die("a frame of the workload cannot be decoded");
    position.advance(**components, Millis::max(), {});
    sizes.push_back(append(decoded->change, position, records.text));
  }
  records.all = cut(records.text, sizes);
  return records;
}

void produce(rd_kafka_t* client, rd_kafka_topic_t* topic, const Record& record) {
  rd_kafka_headers_t* const headers = rd_kafka_headers_new(1);
  add_header(headers, kRecordHeader, record.header);
  while (!produced(client, topic, record.key, record.value, headers)) {
    // Not RD_KAFKA_MSG_F_BLOCK, which would switch threads for each record.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string broker;
  std::string topic_name;
  std::uint64_t events = 0;
  std::size_t distinct = 200'000;
  std::size_t users = 100'000;
  std::uint64_t seed = 1;
  CLI::App app("Produces the records of events");
  app.add_option("--broker", broker)->required();
  app.add_option("--topic", topic_name, "created when missing")->required();
  app.add_option("--events", events, "how many to write")->required();
  app.add_option("--distinct", distinct, "how many to make; the rest repeat them")->capture_default_str();
  app.add_option("--users", users, "how many different ones")->capture_default_str();
  app.add_option("--seed", seed, "of the events")->capture_default_str();
  std::vector<std::string> more;
  app.add_option("-X", more, "librdkafka property, name=value")->allow_extra_args(false);
  CLI11_PARSE(app, argc, argv);

  const auto records = render(Frames(seed, distinct, users, 1'791'207'722'000));
  double bytes = 0;
  for (const auto& r : records.all) bytes += static_cast<double>(r.value.size());
  const auto client = raw_producer(broker, properties(more));
  create_topic(client.get(), topic_name);
  const auto topic = raw_topic(client.get(), topic_name);
  const Meter meter;
  for (std::uint64_t i = 0; i < events; ++i)
    produce(client.get(), topic.get(), records.all[i % records.all.size()]);
  flush(client.get());
  print_result({{"records", static_cast<double>(events)},
                {"record_bytes", bytes / static_cast<double>(records.all.size())},
                {"wall_s", meter.wall_s()},
                {"cpu_s", meter.cpu_s()},
                {"rss_mb", peak_rss_mb()}});
  return 0;
}
