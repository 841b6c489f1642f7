#include "consumer/stores.h"

#include "keep/store_command.h"
#include "rocks/database.h"
#include "run/report.h"
#include "store/memory/memory_store.h"
#include "store/rocksdb/rocksdb_store.h"

namespace wikiflow::app {
namespace {

constexpr std::string_view kKeepsNothing =
    "STORAGE=memory keeps nothing; set STORAGE to rocksdb or cassandra";

config::ExitCode keeps_nothing(std::ostream& out) {
  out << "store: " << kKeepsNothing << '\n';
  return config::ExitCode::ok;
}

// Neither a backup of nothing, nor a restore into it.
config::ExitCode no_place() { return report({ErrorKind::bad_input, std::string(kKeepsNothing)}); }

}  // namespace

Result<std::unique_ptr<store::CountStore>> make_store(const config::ConsumerSettings& settings,
                                                      const ConnectCassandra& cassandra, Clock& clock,
                                                      Metrics& metrics, std::stop_token stop) {
  if (settings.storage == "memory") return std::make_unique<store::MemoryStore>();
  if (settings.storage == "cassandra") {
    return cassandra_store(settings, cassandra, clock, metrics, std::move(stop));
  }
  auto database = rocks::Database::open(settings.state_dir, {});
  if (!database) return tl::make_unexpected(database.error());
  return std::make_unique<store::RocksdbStore>(*std::move(database));
}

config::ExitCode store_status(const config::StoreSettings& settings, const ConnectCassandra& cassandra,
                              std::ostream& out) {
  if (settings.storage == "memory") return keeps_nothing(out);
  if (settings.storage == "cassandra") return cassandra_status(settings, cassandra, out);
  return store_status(settings.state_dir, out);
}

config::ExitCode store_reset(const config::StoreSettings& settings, const ConnectCassandra& cassandra,
                             std::ostream& out) {
  if (settings.storage == "memory") return keeps_nothing(out);
  if (settings.storage == "cassandra") return cassandra_reset(settings, cassandra, out);
  return store_reset(settings.state_dir, out);
}

config::ExitCode store_export(const config::StoreSettings& settings, const ConnectCassandra& cassandra,
                              std::ostream& out, const std::stop_token& stop) {
  if (settings.storage == "memory") return no_place();
  if (settings.storage == "cassandra") return cassandra_export(settings, cassandra, out, stop);
  return store_export(settings.state_dir, out, stop);
}

config::ExitCode store_import(const config::StoreSettings& settings, const ConnectCassandra& cassandra,
                              std::istream& in, std::ostream& out, const std::stop_token& stop) {
  if (settings.storage == "memory") return no_place();
  if (settings.storage == "cassandra") return cassandra_import(settings, cassandra, in, out, stop);
  return store_import(settings.state_dir, in, out, stop);
}

}  // namespace wikiflow::app
