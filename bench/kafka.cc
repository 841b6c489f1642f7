#include "kafka.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace wikiflow::bench {
namespace {

using namespace topic::kafka;

using Conf = std::unique_ptr<rd_kafka_conf_t, Destroy<rd_kafka_conf_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;

Client open(rd_kafka_type_t type, const Settings& settings) {
  constexpr auto kErrorsOnly = "3";
  Conf conf(rd_kafka_conf_new());
  std::array<char, 512> why{};
  rd_kafka_conf_set(conf.get(), "log_level", kErrorsOnly, nullptr, 0);
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK) {
      die(why.data());
    }
  }
  Client made(rd_kafka_new(type, conf.get(), why.data(), why.size()));
  if (!made) die(why.data());
  static_cast<void>(conf.release());  // the client has taken it
  return made;
}

KafkaOptions options(const std::string& broker) {
  KafkaOptions options;
  options.bootstrap = broker;
  options.client_id = "floor";
  return options;
}

}  // namespace

Client raw_producer(const std::string& broker, const Settings& more) {
  Settings settings = writer_settings(options(broker));
  // Ours has a window of its own in front, which a floor does not need.
  settings.emplace_back("queue.buffering.max.messages", "65536");
  settings.insert(settings.end(), more.begin(), more.end());
  return open(RD_KAFKA_PRODUCER, settings);
}

Client raw_consumer(const std::string& broker, const Settings& more) {
  Settings settings = reader_settings(options(broker), {}, kPartitions);
  settings.emplace_back("enable.partition.eof", "false");
  settings.insert(settings.end(), more.begin(), more.end());
  return open(RD_KAFKA_CONSUMER, settings);
}

Settings properties(const std::vector<std::string>& pairs) {
  Settings settings;
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos) die("-X takes name=value, not " + pair);
    settings.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return settings;
}

Topic raw_topic(rd_kafka_t* client, const std::string& name) {
  Topic topic(rd_kafka_topic_new(client, name.c_str(), nullptr));
  if (!topic) die("no topic " + name);
  return topic;
}

void create_topic(rd_kafka_t* client, const std::string& name) {
  constexpr int kTimeoutMs = 30'000;
  std::array<char, 512> why{};
  const NewTopic topic(rd_kafka_NewTopic_new(name.c_str(), kPartitions, 1, why.data(), why.size()));
  if (!topic) die(why.data());
  const Queue queue(rd_kafka_queue_new(client));
  std::array<rd_kafka_NewTopic_t*, 1> topics{topic.get()};
  rd_kafka_CreateTopics(client, topics.data(), topics.size(), nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), kTimeoutMs));
  if (!event || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) die("cannot create " + name);
  std::size_t count = 0;
  const auto* const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  const auto code = count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR_UNKNOWN;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    die("cannot create " + name + ": " + rd_kafka_err2str(code));
  }
}

void add_header(rd_kafka_headers_t* headers, std::string_view name, std::string_view value) {
  rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                      static_cast<ssize_t>(value.size()));
}

bool produced(rd_kafka_t* client, rd_kafka_topic_t* topic, std::string_view key, std::string_view value,
              rd_kafka_headers_t* headers) {
  std::array<rd_kafka_vu_t, 5> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = topic;
  parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[1].u.i = RD_KAFKA_MSG_F_COPY;
  parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[2].u.mem = {const_cast<char*>(value.data()), value.size()};
  parts[3].vtype = RD_KAFKA_VTYPE_KEY;
  parts[3].u.mem = {const_cast<char*>(key.data()), key.size()};
  parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[4].u.headers = headers;
  rd_kafka_error_t* const failed = rd_kafka_produceva(client, parts.data(), parts.size());
  if (failed == nullptr) return true;
  if (rd_kafka_error_code(failed) != RD_KAFKA_RESP_ERR__QUEUE_FULL) die(rd_kafka_error_string(failed));
  rd_kafka_error_destroy(failed);
  return false;
}

Queue read_all(rd_kafka_t* client, rd_kafka_topic_t* topic, std::int64_t offset) {
  Queue queue(rd_kafka_queue_new(client));
  for (int partition = 0; partition < kPartitions; ++partition) {
    if (rd_kafka_consume_start_queue(topic, partition, offset, queue.get()) != 0) {
      die(rd_kafka_err2str(rd_kafka_last_error()));
    }
  }
  return queue;
}

void flush(rd_kafka_t* client) {
  constexpr int kTimeoutMs = 120'000;
  if (rd_kafka_flush(client, kTimeoutMs) != RD_KAFKA_RESP_ERR_NO_ERROR) die("records are not acknowledged");
}

void die(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

}  // namespace wikiflow::bench
