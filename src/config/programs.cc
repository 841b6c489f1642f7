#include "config/programs.h"

namespace wikiflow::config {
namespace {

BrokerSettings broker_settings(const Values& values) {
  BrokerSettings broker{.bootstrap = values.text("REDPANDA_BROKER"), .properties = {}};
  for (const auto& [name, value] : values.properties()) broker.properties.emplace_back(name, value.text);
  return broker;
}

TopicSettings topic_names(const Values& values) {
  TopicSettings topic;
  topic.name = values.text("WIKIPEDIA_TOPIC");
  topic.dead_letters = topic.name + ".dlq";
  return topic;
}

TopicSettings topic_settings(const Values& values) {
  auto topic = topic_names(values);
  topic.partitions = static_cast<int>(values.integer("TOPIC_PARTITIONS"));
  topic.retention = values.maybe_duration("TOPIC_RETENTION").value_or(std::chrono::milliseconds{0});
  return topic;
}

TopicSettings broker_topic_settings(const Values& values) {
  auto topic = topic_settings(values);
  topic.replication = static_cast<int>(values.maybe_integer("TOPIC_REPLICATION").value_or(-1));
  topic.create = values.on("TOPIC_CREATE");
  return topic;
}

SourceSettings source_settings(const Values& values) {
  return {.url = values.text("WIKIPEDIA_STREAM_URL"),
          .contact = values.text("CONTACT"),
          .from = values.from("FROM"),
          .silence = values.duration("SILENCE_TIMEOUT"),
          .reconnect_first = values.duration("RECONNECT_FIRST"),
          .reconnect_cap = values.duration("RECONNECT_CAP")};
}

CassandraSettings cassandra_settings(const Values& values) {
  return {.hosts = values.text("CASSANDRA_HOSTS"),
          .keyspace = values.text("CASSANDRA_KEYSPACE"),
          .local_dc = values.text("CASSANDRA_LOCAL_DC"),
          .consistency = values.text("CASSANDRA_CONSISTENCY"),
          .username = values.text("CASSANDRA_USERNAME"),
          .password = values.text("CASSANDRA_PASSWORD"),
          .tls_ca = values.text("CASSANDRA_TLS_CA")};
}

LogSettings log_settings(const Values& values) {
  return {.level = parse_log_level(values.text("LOG_LEVEL")).value_or(LogLevel::info),
          .format = parse_log_format(values.text("LOG_FORMAT")).value_or(LogFormat::logfmt)};
}

}  // namespace

ProducerSettings producer_settings(const Values& values) {
  return {.broker = broker_settings(values),
          .topic = broker_topic_settings(values),
          .source = source_settings(values),
          .dedupe_window = values.integer("DEDUPE_WINDOW"),
          .http_addr = values.text("HTTP_ADDR"),
          .give_up_after = values.maybe_duration("GIVE_UP_AFTER"),
          .log = log_settings(values)};
}

TopicEnsureSettings topic_ensure_settings(const Values& values) {
  return {.broker = broker_settings(values),
          .topic = broker_topic_settings(values),
          .give_up_after = values.maybe_duration("GIVE_UP_AFTER"),
          .log = log_settings(values)};
}

ConsumerSettings consumer_settings(const Values& values) {
  return {.broker = broker_settings(values),
          .topic = broker_topic_settings(values),
          .group = values.text("CONSUMER_GROUP"),
          .max_concurrent_fetches = static_cast<int>(values.integer("MAX_CONCURRENT_FETCHES")),
          .storage = values.text("STORAGE"),
          .state_dir = values.text("STATE_DIR"),
          .cassandra = cassandra_settings(values),
          .cassandra_sync_period = values.duration("CASSANDRA_SYNC_PERIOD"),
          .dedupe_window = values.integer("DEDUPE_WINDOW"),
          .http_addr = values.text("HTTP_ADDR"),
          .give_up_after = values.maybe_duration("GIVE_UP_AFTER"),
          .log = log_settings(values)};
}

StoreSettings store_settings(const Values& values) {
  return {.storage = values.text("STORAGE"),
          .state_dir = values.text("STATE_DIR"),
          .topic = values.text("WIKIPEDIA_TOPIC"),
          .cassandra = cassandra_settings(values),
          .cassandra_sync_period = values.duration("CASSANDRA_SYNC_PERIOD")};
}

StoreInitSettings store_init_settings(const Values& values) {
  return {.cassandra = cassandra_settings(values), .replication = values.text("CASSANDRA_REPLICATION")};
}

WikiflowSettings wikiflow_settings(const Values& values) {
  return {.topic = topic_settings(values),
          .source = source_settings(values),
          .max_concurrent_fetches = static_cast<int>(values.integer("MAX_CONCURRENT_FETCHES")),
          .storage = values.text("STORAGE"),
          .state_dir = values.text("STATE_DIR"),
          .dedupe_window = values.integer("DEDUPE_WINDOW"),
          .http_addr = values.text("HTTP_ADDR"),
          .give_up_after = values.maybe_duration("GIVE_UP_AFTER"),
          .log = log_settings(values)};
}

DlqSettings dlq_settings(const Values& values) {
  return {.broker = broker_settings(values),
          .topic = topic_names(values),
          .state_dir = values.text("STATE_DIR"),
          .give_up_after = values.maybe_duration("GIVE_UP_AFTER"),
          .log = log_settings(values)};
}

SimulatorSettings simulator_settings(const Values& values) {
  return {.http_addr = values.text("HTTP_ADDR"), .log = log_settings(values)};
}

void begin_log(const Invocation& invocation) {
  const auto log = log_settings(invocation.values);
  log_setup(log.level, log.format);
  for (const auto& warning : invocation.warnings) log_warn("config", warning);
}

}  // namespace wikiflow::config
