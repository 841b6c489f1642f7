#include "consumer/stores.h"

#include "keep/store_command.h"
#include "rocks/database.h"
#include "store/memory/memory_store.h"
#include "store/rocksdb/rocksdb_store.h"

namespace wikiflow::app {
namespace {

config::ExitCode keeps_nothing(std::ostream& out) {
  out << "store: STORAGE=memory keeps nothing; set STORAGE to rocksdb or cassandra\n";
  return config::ExitCode::ok;
}

}  // namespace

Result<std::unique_ptr<store::CountStore>> make_store(const config::ConsumerSettings& settings,
                                                      const ConnectCassandra& cassandra, Clock& clock,
                                                      Metrics& metrics) {
  if (settings.storage == "memory") return std::make_unique<store::MemoryStore>();
  if (settings.storage == "cassandra") return cassandra_store(settings, cassandra, clock, metrics);
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

}  // namespace wikiflow::app
