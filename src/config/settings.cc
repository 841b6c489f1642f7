#include "config/settings.h"

#include <algorithm>
#include <array>
#include <utility>

namespace wikiflow::config {
namespace {

constexpr std::string_view kPropertyPrefix = "RDKAFKA_";

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kDay = 24 * kHour;

std::vector<Setting> make_settings() {
  constexpr unsigned kBroker = kProducer | kTopicEnsure | kConsumer;
  constexpr unsigned kSource = kProducer | kWikiflow;
  constexpr unsigned kServing = kProducer | kConsumer | kWikiflow;
  constexpr unsigned kCassandra = kConsumer | kConsumerStore | kStoreInit;
  constexpr unsigned kAll =
      kServing | kTopicEnsure | kSimulator | kStore | kConsumerStore | kStoreInit | kDlq;
  return {
      {.name = "REDPANDA_BROKER",
       .kind = Kind::hosts,
       .preset = "localhost:9092",
       .help = "brokers, comma between",
       .programs = kBroker | kDlq},
      {.name = "WIKIPEDIA_STREAM_URL",
       .kind = Kind::url,
       .preset = "https://stream.wikimedia.org/v2/stream/recentchange",
       .help = "the event stream",
       .programs = kSource,
       .shown = "the live one"},
      {.name = "WIKIPEDIA_TOPIC",
       .kind = Kind::topic,
       .preset = "wikipedia.changes",
       .help = "the topic of changes",
       .programs = kServing | kTopicEnsure | kConsumerStore | kDlq},
      {.name = "TOPIC_PARTITIONS",
       .kind = Kind::integer,
       .preset = "6",
       .help = "of a topic made here",
       .programs = kServing | kTopicEnsure,
       .min = 1,
       .max = 1000},
      {.name = "TOPIC_REPLICATION",
       .kind = Kind::integer,
       .preset = "broker",
       .help = "of a topic made here",
       .programs = kBroker,
       .min = 1,
       .max = 100,
       .word = "broker",
       .shown = "the broker's"},
      {.name = "TOPIC_RETENTION",
       .kind = Kind::duration,
       .preset = "30 d",
       .help = "of a topic made here",
       .programs = kServing | kTopicEnsure,
       .min = kHour,
       .max = 36'500 * kDay,
       .word = "forever"},
      {.name = "TOPIC_CREATE",
       .kind = Kind::boolean,
       .preset = "true",
       .help = "make the topic if missing",
       .programs = kBroker},
      {.name = "CONSUMER_GROUP",
       .kind = Kind::text,
       .preset = "wikipedia-consumer-group",
       .help = "shows the lag",
       .programs = kConsumer},
      {.name = "MAX_CONCURRENT_FETCHES",
       .kind = Kind::integer,
       .preset = "5",
       .help = "batches in work at once",
       .programs = kConsumer | kWikiflow,
       .min = 1,
       .max = 1024},
      {.name = "STORAGE",
       .kind = Kind::choice,
       .preset = "memory",
       .help = "where counts are kept",
       .programs = kConsumer | kConsumerStore,
       .choices = {{"memory", "in-memory"}, {"rocksdb"}, {"cassandra"}}},
      {.name = "STORAGE",
       .kind = Kind::choice,
       .preset = "rocksdb",
       .help = "where counts are kept",
       .programs = kWikiflow,
       .choices = {{"memory", "in-memory"}, {"rocksdb"}}},
      {.name = "STATE_DIR",
       .kind = Kind::path,
       .preset = "./.wikiflow",
       .help = "for STORAGE=rocksdb",
       .programs = kConsumer | kConsumerStore},
      {.name = "STATE_DIR",
       .kind = Kind::path,
       .preset = "./.wikiflow",
       .help = "log and counts are kept here",
       .programs = kWikiflow | kStore | kDlq},
      {.name = "DEDUPE_WINDOW",
       .kind = Kind::integer,
       .preset = "393216",
       .help = "event ids remembered, in all",
       .programs = kServing,
       .min = 1,
       .max = 1'000'000'000},
      {.name = "HTTP_ADDR",
       .kind = Kind::address,
       .preset = ":8080",
       .help = "where to serve",
       .programs = kConsumer},
      {.name = "HTTP_ADDR",
       .kind = Kind::address,
       .preset = ":8081",
       .help = "where to serve health and metrics",
       .programs = kProducer},
      {.name = "HTTP_ADDR",
       .kind = Kind::address,
       .preset = "127.0.0.1:8080",
       .help = "where to serve",
       .programs = kWikiflow},
      {.name = "HTTP_ADDR",
       .kind = Kind::address,
       .preset = "127.0.0.1:8090",
       .help = "where to serve",
       .programs = kSimulator},
      {.name = "FROM",
       .kind = Kind::from,
       .preset = "latest",
       .help = "first start: latest, earliest, a time",
       .programs = kSource},
      {.name = "CONTACT",
       .kind = Kind::text,
       .help = "address or URL for the User-Agent",
       .programs = kSource},
      {.name = "SILENCE_TIMEOUT",
       .kind = Kind::duration,
       .preset = "30 s",
       .help = "reconnect after silence",
       .programs = kSource,
       .min = kSecond,
       .max = kHour},
      {.name = "RECONNECT_FIRST",
       .kind = Kind::duration,
       .preset = "1 s",
       .help = "first wait to reconnect",
       .programs = kSource,
       .min = 1,
       .max = kHour},
      {.name = "RECONNECT_CAP",
       .kind = Kind::duration,
       .preset = "60 s",
       .help = "longest wait",
       .programs = kSource,
       .min = 1,
       .max = kHour},
      {.name = "GIVE_UP_AFTER",
       .kind = Kind::duration,
       .preset = "never",
       .help = "exit 69 if cut off so long",
       .programs = kServing | kTopicEnsure,
       .min = kSecond,
       .max = 3650 * kDay,
       .word = "never"},
      {.name = "GIVE_UP_AFTER",
       .kind = Kind::duration,
       .preset = "10 s",
       .help = "exit 69 if cut off so long",
       .programs = kDlq,
       .min = kSecond,
       .max = 3650 * kDay,
       .word = "never"},
      {.name = "LOG_LEVEL",
       .kind = Kind::choice,
       .preset = "info",
       .help = "debug, info, warn, error, off",
       .programs = kAll,
       .choices = {{"debug"}, {"info"}, {"warn"}, {"error"}, {"off"}}},
      {.name = "LOG_FORMAT",
       .kind = Kind::choice,
       .preset = "logfmt",
       .help = "logfmt, json",
       .programs = kAll,
       .choices = {{"logfmt"}, {"json"}}},
      {.name = "CASSANDRA_HOSTS",
       .kind = Kind::hosts,
       .preset = "localhost:9042",
       .help = "nodes to begin with",
       .programs = kCassandra},
      {.name = "CASSANDRA_KEYSPACE",
       .preset = "wikiflow",
       .help = "where the tables are",
       .programs = kCassandra},
      {.name = "CASSANDRA_LOCAL_DC",
       .help = "the data centre to ask; empty: there is one",
       .programs = kCassandra},
      {.name = "CASSANDRA_CONSISTENCY",
       .kind = Kind::choice,
       .preset = "LOCAL_QUORUM",
       .help = "LOCAL_QUORUM, QUORUM, ALL",
       .programs = kCassandra,
       .choices = {{"LOCAL_QUORUM"}, {"QUORUM"}, {"ALL"}}},
      {.name = "CASSANDRA_USERNAME", .help = "empty: none", .programs = kCassandra},
      {.name = "CASSANDRA_PASSWORD",
       .kind = Kind::secret,
       .help = "or CASSANDRA_PASSWORD_FILE",
       .programs = kCassandra},
      {.name = "CASSANDRA_TLS_CA",
       .kind = Kind::path,
       .help = "PEM file; empty: no TLS",
       .programs = kCassandra},
      {.name = "CASSANDRA_SYNC_PERIOD",
       .kind = Kind::duration,
       .preset = "10 s",
       .help = "its commitlog_sync_period",
       .programs = kConsumer | kConsumerStore,
       .min = 0,
       .max = kHour},
      {.name = "CASSANDRA_REPLICATION",
       .preset = "{'class': 'SimpleStrategy', 'replication_factor': 1}",
       .help = "of a keyspace made here",
       .programs = kStoreInit},
  };
}

// What no pass-through may change, and why, or what sets it instead.
constexpr const char* kPromise = "the promise to lose nothing and count nothing twice rests on it";
constexpr std::array<std::pair<std::string_view, const char*>, 20> kRefused{{
    {"acks", kPromise},
    {"request.required.acks", kPromise},
    {"enable.idempotence", kPromise},
    {"enable.gapless.guarantee", kPromise},
    {"transactional.id", kPromise},
    {"partitioner", kPromise},
    {"queuing.strategy", kPromise},
    {"message.timeout.ms", kPromise},
    {"delivery.timeout.ms", kPromise},
    {"message.send.max.retries", kPromise},
    {"retries", kPromise},
    {"auto.offset.reset", kPromise},
    {"enable.auto.commit", kPromise},
    {"auto.commit.enable", kPromise},
    {"enable.auto.offset.store", kPromise},
    {"offset.store.method", kPromise},
    {"partition.assignment.strategy", kPromise},
    {"bootstrap.servers", "set REDPANDA_BROKER instead"},
    {"metadata.broker.list", "set REDPANDA_BROKER instead"},
    {"group.id", "set CONSUMER_GROUP instead"},
}};

constexpr std::array<std::string_view, 6> kSecretParts{
    "password", "secret", "passphrase", "key.pem", "oauthbearer.config", "jaas"};

}  // namespace

const std::vector<Setting>& settings() {
  static const std::vector<Setting> table = make_settings();
  return table;
}

std::vector<Setting> settings_of(Program program) {
  std::vector<Setting> offered;
  std::ranges::copy_if(settings(), std::back_inserter(offered),
                       [&](const Setting& setting) { return (setting.programs & program) != 0; });
  return offered;
}

bool takes_properties(Program program) {
  return (program & (kProducer | kTopicEnsure | kConsumer | kDlq)) != 0;
}

bool foreign_key(std::string_view name) {
  return name.starts_with("COMPOSE_") || name.starts_with("DOCKER_") || name.starts_with("BUILDKIT_");
}

std::string property_of(std::string_view name) {
  if (!name.starts_with(kPropertyPrefix) || name.size() == kPropertyPrefix.size()) return {};
  std::string property;
  for (const char c : name.substr(kPropertyPrefix.size())) {
    property.push_back(c == '_' ? '.' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return property;
}

std::string variable_of(std::string_view property) {
  std::string name(kPropertyPrefix);
  for (const char c : property) {
    name.push_back(c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return name;
}

Result<void> check_property(std::string_view property) {
  if (property.empty()) return bad_input("give name=value, as in -X security.protocol=ssl");
  for (const char c : property) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_')) {
      return bad_input("a librdkafka property is small letters, digits and dots, as in security.protocol");
    }
  }
  const auto bare = property.starts_with("topic.") ? property.substr(6) : property;
  for (const auto& [name, why] : kRefused) {
    if (bare == name) return bad_input("cannot be set: " + std::string(why));
  }
  return {};
}

bool secret_property(std::string_view property) {
  return std::ranges::any_of(
      kSecretParts, [&](std::string_view part) { return property.find(part) != std::string_view::npos; });
}

}  // namespace wikiflow::config
