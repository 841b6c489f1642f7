// The real Cassandra of the contract tests: the one that WIKIFLOW_TEST_CASSANDRA names.

#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "store/cassandra/connection.h"

namespace wikiflow::store::cassandra {

inline std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

inline ConnectionOptions options() {
  return {.hosts = environment("WIKIFLOW_TEST_CASSANDRA"),
          .keyspace = "wikiflow_contract",
          .username = environment("WIKIFLOW_TEST_CASSANDRA_USERNAME"),
          .password = environment("WIKIFLOW_TEST_CASSANDRA_PASSWORD"),
          .request_timeout = std::chrono::seconds(40)};
}

// Names of a run of this program, so that it may run again on the same server.
inline std::string unique(const std::string& name) {
  static const auto run = std::to_string(std::random_device{}());
  return name + "." + run;
}

inline std::unique_ptr<Connection> connect() {
  auto opened = Connection::open(options());
  if (!opened) {
    ADD_FAILURE() << opened.error().what;
    std::abort();
  }
  return std::move(*opened);
}

// tools/cassandra.sh does that to it: kill, up, stop, cont. Its exit code.
inline int server(const char* action) {
  const std::string command = std::string(WIKIFLOW_SOURCE_DIR "/tools/cassandra.sh ") + action + " " +
                              environment("WIKIFLOW_TEST_CASSANDRA_DIR");
  return std::system(command.c_str());
}

}  // namespace wikiflow::store::cassandra
