// The consumer's Cassandra: from settings to a store, and the commands that look after it.

#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <stop_token>

#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "config/exit_codes.h"
#include "config/programs.h"
#include "store/cassandra/connection.h"
#include "store/cassandra/session.h"
#include "store/count_store.h"

namespace wikiflow::app {

// store::cassandra::open_session, or a test's fake.
using ConnectCassandra = std::function<Result<std::unique_ptr<store::cassandra::Session>>(
    const store::cassandra::ConnectionOptions&)>;

store::cassandra::ConnectionOptions cassandra_options(const config::CassandraSettings& settings);

// Connects when it is opened, and again for as long as it takes, or until `stop`.
std::unique_ptr<store::CountStore> cassandra_store(const config::ConsumerSettings& settings,
                                                   const ConnectCassandra& connect, Clock& clock,
                                                   Metrics& metrics, std::stop_token stop);

// consumer store init: makes what is missing of keyspace and tables, and says so.
config::ExitCode cassandra_init(const config::StoreInitSettings& settings, std::ostream& out);

// consumer store status and consumer store reset, with STORAGE=cassandra.
config::ExitCode cassandra_status(const config::StoreSettings& settings, const ConnectCassandra& connect,
                                  std::ostream& out);
config::ExitCode cassandra_reset(const config::StoreSettings& settings, const ConnectCassandra& connect,
                                 std::ostream& out);

// consumer store export and consumer store import, with STORAGE=cassandra.
config::ExitCode cassandra_export(const config::StoreSettings& settings, const ConnectCassandra& connect,
                                  std::ostream& out, const std::stop_token& stop);
config::ExitCode cassandra_import(const config::StoreSettings& settings, const ConnectCassandra& connect,
                                  std::istream& in, std::ostream& out, const std::stop_token& stop);

}  // namespace wikiflow::app
