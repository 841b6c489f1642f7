// Looking at the counts in a database, and giving them up: `store status` and `store reset`. The embedded
// log, which may lie in the same database, is not touched.
//
// Both need the database for themselves: stop the program that counts first.

#pragma once

#include <optional>

#include "rocks/database.h"
#include "store/count_store.h"

namespace wikiflow::store {

// What the database keeps counts of, or nothing. Errors: fatal (damaged).
Result<std::optional<Identity>> rocksdb_identity(rocks::Database& database);

struct RocksdbStatus {
  Identity identity;
  Checkpoints checkpoints;
  StoreSize size;
};

// Nothing when no counts are kept. Errors: fatal (damaged, of another version).
Result<std::optional<RocksdbStatus>> rocksdb_status(const std::shared_ptr<rocks::Database>& database);

// All or nothing. The next open() begins anew. Errors: fatal (the disk refuses).
Result<void> reset_rocksdb(rocks::Database& database);

}  // namespace wikiflow::store
