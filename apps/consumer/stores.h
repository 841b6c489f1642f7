// Where the consumer keeps its counts, by STORAGE.

#pragma once

#include <memory>
#include <ostream>

#include "consumer/cassandra.h"

namespace wikiflow::app {

// Errors: as rocks::Database::open(). Cassandra is connected to later, and may be away now;
// once `stop` is requested, opening its store gives up.
Result<std::unique_ptr<store::CountStore>> make_store(const config::ConsumerSettings& settings,
                                                      const ConnectCassandra& cassandra, Clock& clock,
                                                      Metrics& metrics, std::stop_token stop);

// consumer store status, reset, export, import.
config::ExitCode store_status(const config::StoreSettings& settings, const ConnectCassandra& cassandra,
                              std::ostream& out);
config::ExitCode store_reset(const config::StoreSettings& settings, const ConnectCassandra& cassandra,
                             std::ostream& out);
config::ExitCode store_export(const config::StoreSettings& settings, const ConnectCassandra& cassandra,
                              std::ostream& out, const std::stop_token& stop);
config::ExitCode store_import(const config::StoreSettings& settings, const ConnectCassandra& cassandra,
                              std::istream& in, std::ostream& out, const std::stop_token& stop);

}  // namespace wikiflow::app
