// What each program is set to, as plain structs: what the wiring in apps/ takes.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "config/command_line.h"
#include "config/value.h"
#include "config/values.h"

namespace wikiflow::config {

struct BrokerSettings {
  std::string bootstrap;  // "a:9092,b:9092"
  std::vector<std::pair<std::string, std::string>>
      properties;  // for librdkafka, checked against what is refused
};

struct TopicSettings {
  std::string name;
  std::string dead_letters;  // name + ".dlq"
  int partitions = 6;
  int replication = -1;                    // -1: the broker's default
  std::chrono::milliseconds retention{0};  // 0: for ever
  bool create = true;
};

struct SourceSettings {
  std::string url;
  std::string contact;  // may be empty
  From from;
  std::chrono::milliseconds silence{30'000};
  std::chrono::milliseconds reconnect_first{1'000};
  std::chrono::milliseconds reconnect_cap{60'000};
};

struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::logfmt;
};

using Patience = std::optional<std::chrono::milliseconds>;  // nullopt: for ever

struct ProducerSettings {
  BrokerSettings broker;
  TopicSettings topic;
  SourceSettings source;
  std::int64_t dedupe_window = 393'216;  // of the consumers
  std::string http_addr;
  Patience give_up_after;
  LogSettings log;
};

struct TopicEnsureSettings {
  BrokerSettings broker;
  TopicSettings topic;
  Patience give_up_after;
  LogSettings log;
};

struct CassandraSettings {
  std::string hosts;  // "a:9042,b:9042"
  std::string keyspace;
  std::string local_dc;  // empty: any
  std::string consistency;
  std::string username;  // empty: none
  std::string password;
  std::string tls_ca;  // empty: no TLS
};

struct ConsumerSettings {
  BrokerSettings broker;
  TopicSettings topic;
  std::string group;
  int max_concurrent_fetches = 5;
  std::string storage;
  std::string state_dir;
  CassandraSettings cassandra;
  std::chrono::milliseconds cassandra_sync_period{10'000};
  std::int64_t dedupe_window = 393'216;  // ids over all partitions
  std::string http_addr;
  Patience give_up_after;
  LogSettings log;
};

struct WikiflowSettings {
  TopicSettings topic;
  SourceSettings source;
  int max_concurrent_fetches = 5;
  std::string storage;
  std::string state_dir;
  std::int64_t dedupe_window = 393'216;
  std::string http_addr;
  Patience give_up_after;
  LogSettings log;
};

struct DlqSettings {
  BrokerSettings broker;
  TopicSettings topic;
  std::string state_dir;
  Patience give_up_after;
  LogSettings log;
};

// consumer store status, reset, export, import
struct StoreSettings {
  std::string storage;
  std::string state_dir;
  std::string topic;
  CassandraSettings cassandra;
  std::chrono::milliseconds cassandra_sync_period{0};  // of import
};

// consumer store init
struct StoreInitSettings {
  CassandraSettings cassandra;
  std::string replication;  // a map, as CQL writes it
};

struct SimulatorSettings {
  std::string http_addr;
  LogSettings log;
};

// Each from the values of an invocation of that program.
ProducerSettings producer_settings(const Values& values);
TopicEnsureSettings topic_ensure_settings(const Values& values);
ConsumerSettings consumer_settings(const Values& values);
StoreSettings store_settings(const Values& values);
StoreInitSettings store_init_settings(const Values& values);
WikiflowSettings wikiflow_settings(const Values& values);
DlqSettings dlq_settings(const Values& values);
SimulatorSettings simulator_settings(const Values& values);

// Sets up the log as LOG_LEVEL and LOG_FORMAT say, and writes the warnings into it. Only for commands with
// settings.
void begin_log(const Invocation& invocation);

}  // namespace wikiflow::config
