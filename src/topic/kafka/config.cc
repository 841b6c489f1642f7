#include "topic/kafka/config.h"

#include <algorithm>
#include <array>

#include "base/log.h"

namespace wikiflow::topic::kafka {
namespace {

struct Refused {
  std::string_view property;
  std::string_view why;
};

constexpr std::string_view kLoss = "with another value records could be lost or counted twice";
constexpr std::string_view kOwn = "wikiflow has a setting of its own for it";
constexpr std::string_view kReader = "wikiflow's reader depends on its value";

constexpr std::array kRefused{
    Refused{"acks", kLoss},
    Refused{"request.required.acks", kLoss},
    Refused{"enable.idempotence", kLoss},
    Refused{"enable.gapless.guarantee", kLoss},
    Refused{"retries", kLoss},
    Refused{"message.send.max.retries", kLoss},
    Refused{"message.timeout.ms", kLoss},
    Refused{"delivery.timeout.ms", kLoss},
    Refused{"delivery.report.only.error", kLoss},
    Refused{"queuing.strategy", kLoss},
    Refused{"partitioner", "changes of one page must stay in one partition"},
    Refused{"transactional.id", "wikiflow counts exactly once without transactions"},
    Refused{"isolation.level", kLoss},
    Refused{"check.crcs", kLoss},
    Refused{"auto.offset.reset", "a position that is gone must be an error, not a silent jump"},
    Refused{"enable.auto.commit", "only what was counted may be committed"},
    Refused{"auto.commit.enable", "only what was counted may be committed"},
    Refused{"enable.auto.offset.store", "only what was counted may be committed"},
    Refused{"allow.auto.create.topics",
            "topics are created with explicit retention by `producer topic ensure`"},
    Refused{"enable.partition.eof", kReader},
    Refused{"partition.assignment.strategy", kReader},
    Refused{"group.protocol", kReader},
    Refused{"statistics.interval.ms", kReader},
    Refused{"log.queue", kReader},
    Refused{"group.id", kOwn},
    Refused{"bootstrap.servers", kOwn},
    Refused{"metadata.broker.list", kOwn},
};

Settings common(const KafkaOptions& options) {
  return {
      {"bootstrap.servers", options.bootstrap},
      {"client.id", options.client_id},
      {"allow.auto.create.topics", "false"},
      // A broker that comes back is noticed within a second, not ten.
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
      // New partitions and new leaders are seen within half a minute.
      {"topic.metadata.refresh.interval.ms", "30000"},
      // No report about this client to the broker's vendor.
      {"enable.metrics.push", "false"},
      {"statistics.interval.ms", std::to_string(options.statistics_interval.count())},
  };
}

void pass_through(const KafkaOptions& options, Settings& settings) {
  for (const auto& [name, value] : options.properties) settings.emplace_back(name, value);
}

Result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK)
    return {};
  // librdkafka's text may quote the value.
  return bad_input("Kafka property '" + name +
                   "': " + without_value(why.data(), is_secret(name) ? value : ""));
}

// librdkafka writes a line per try when a broker is away; Contact writes one when the state changes.
void take_log(const rd_kafka_t* /*client*/, int level, const char* facility, const char* text) {
  constexpr int kCritical = 2;
  log(level <= kCritical ? LogLevel::error : LogLevel::debug, "librdkafka", text, {{"facility", facility}});
}

rd_kafka_resp_err_t response_received(rd_kafka_t* /*client*/, int /*socket*/, const char* /*name*/,
                                      std::int32_t broker, std::int16_t api, std::int16_t /*version*/,
                                      std::int32_t /*correlation*/, std::size_t /*size*/,
                                      std::int64_t /*rtt*/, rd_kafka_resp_err_t error, void* contact) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<Contact*>(contact)->heard(broker, api);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t client_made(rd_kafka_t* client, const rd_kafka_conf_t* /*conf*/, void* contact,
                                char* /*error*/, std::size_t /*size*/) {
  return rd_kafka_interceptor_add_on_response_received(client, "wikiflow", response_received, contact);
}

}  // namespace

bool is_secret(std::string_view property) {
  constexpr std::array kMarks{"password", "secret", "key.pem", "jaas", "passphrase", "oauthbearer.config"};
  return std::ranges::any_of(kMarks,
                             [&](const char* mark) { return property.find(mark) != std::string_view::npos; });
}

std::string without_value(std::string text, const std::string& value) {
  constexpr std::string_view kMask = "***";
  if (value.empty()) return text;
  for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at + kMask.size())) {
    text.replace(at, value.size(), kMask);
  }
  return text;
}

std::optional<std::string> refused_property(std::string_view property) {
  const auto found = std::ranges::find(kRefused, property, &Refused::property);
  if (found == kRefused.end()) return std::nullopt;
  return std::string(found->why);
}

Result<void> check_properties(const KafkaOptions& options) {
  if (options.bootstrap.empty()) return bad_input("no broker to connect to: the bootstrap list is empty");
  const ConfHandle conf(rd_kafka_conf_new());
  for (const auto& [name, value] : options.properties) {
    if (const auto why = refused_property(name)) {
      return bad_input("Kafka property '" + name + "' cannot be passed through: " + *why);
    }
    if (auto done = set(conf.get(), name, value); !done) return done;
  }
  return {};
}

Settings writer_settings(const KafkaOptions& options, bool one_by_one) {
  Settings settings = common(options);
  settings.insert(
      settings.end(),
      {
          {"enable.idempotence", "true"},
          {"acks", "all"},
          // What is older is given up: see stall_watch.h. The writer then fails as a whole, so nothing is
          // skipped.
          {"message.timeout.ms", std::to_string(options.stall_limit.count())},
          {"partitioner", "murmur2_random"},
          {"compression.type", "lz4"},
          // Long enough to fill batches in a burst, short enough for 15 ms from end to end.
          {"linger.ms", "2"},
          {"batch.num.messages", "10000"},
          // A batch over a topic's limit would be refused whole, so it stays well below the usual 1 MiB.
          {"batch.size", "524288"},
          {"message.max.bytes", "1000000"},
          // The writer's own window is the limit on records.
          {"queue.buffering.max.messages", "0"},
          {"queue.buffering.max.kbytes", std::to_string(options.max_in_flight_bytes / 1024)},
      });
  pass_through(options, settings);
  if (one_by_one) settings.emplace_back("batch.num.messages", "1");
  return settings;
}

Settings reader_settings(const KafkaOptions& options, const ReaderOptions& reader, int partitions) {
  // librdkafka keeps about 450 bytes beside each fetched record; a small one is mostly that.
  constexpr std::size_t kRecordOverhead = 450;
  constexpr std::size_t kSmallRecord = 100;
  const std::size_t share = std::max<std::size_t>(
      options.max_fetched_bytes / static_cast<std::size_t>(std::max(partitions, 1)), 512U << 10U);
  // More would have left the processor's cache again by the time that it is counted.
  constexpr std::size_t kMostAhead = 5'000;
  const auto ahead = std::clamp<std::size_t>(share / (kRecordOverhead + kSmallRecord), 1'000, kMostAhead);
  Settings settings = common(options);
  settings.insert(settings.end(),
                  {
                      {"group.id", reader.group.empty() ? options.client_id : reader.group},
                      {"partition.assignment.strategy", "cooperative-sticky"},
                      // How long a killed member's partitions are written by nobody.
                      {"session.timeout.ms", "10000"},
                      {"enable.auto.commit", "false"},
                      {"enable.auto.offset.store", "false"},
                      {"auto.offset.reset", "error"},
                      {"isolation.level", "read_committed"},
                      {"check.crcs", "true"},
                      {"enable.partition.eof", "true"},
                      // A partition whose queue was full is asked for again this soon; the default of 1000
                      // stalls a fast reader.
                      {"fetch.queue.backoff.ms", "2"},
                      // A partition that is not in the request in flight waits for it, so that is kept short.
                      {"fetch.wait.max.ms", "100"},
                      {"fetch.error.backoff.ms", "100"},
                      {"queued.min.messages", std::to_string(ahead)},
                      {"queued.max.messages.kbytes", std::to_string(share / 1024)},
                      {"fetch.message.max.bytes", "1048576"},
                      {"fetch.max.bytes", "4194304"},
                  });
  pass_through(options, settings);
  return settings;
}

Settings admin_settings(const KafkaOptions& options) {
  Settings settings = common(options);
  pass_through(options, settings);
  return settings;
}

Settings tail_settings(const KafkaOptions& options) {
  Settings settings = common(options);
  settings.insert(settings.end(), {
                                      {"auto.offset.reset", "error"},
                                      {"isolation.level", "read_uncommitted"},
                                      {"check.crcs", "true"},
                                      {"enable.partition.eof", "true"},
                                      {"fetch.wait.max.ms", "10"},
                                      {"fetch.error.backoff.ms", "100"},
                                      {"queued.max.messages.kbytes", "4096"},
                                  });
  pass_through(options, settings);
  return settings;
}

Result<Client> make_client(rd_kafka_type_t type, const Settings& settings,
                           const std::shared_ptr<Contact>& contact) {
  ConfHandle conf(rd_kafka_conf_new());
  for (const auto& [name, value] : settings) {
    if (auto done = set(conf.get(), name, value); !done) return tl::make_unexpected(done.error());
  }
  rd_kafka_conf_set_log_cb(conf.get(), take_log);
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS |
                                           RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT);
  rd_kafka_conf_interceptor_add_on_new(conf.get(), "wikiflow", client_made, contact.get());
  std::array<char, 512> why{};
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), why.data(), why.size());
  if (client == nullptr) return bad_input(std::string("Kafka client: ") + why.data());
  static_cast<void>(conf.release());  // the client has taken it
  return Client(client, contact);
}

}  // namespace wikiflow::topic::kafka
