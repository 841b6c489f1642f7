#include "store/rocksdb/maintenance.h"

#include <rocksdb/db.h>

#include "store/rocksdb/encoding.h"
#include "store/rocksdb/rocksdb_store.h"

namespace wikiflow::store {

Result<std::optional<Identity>> rocksdb_identity(rocks::Database& database) {
  if (auto there = database.need(kStateFamily); !there) return tl::make_unexpected(there.error());
  std::string text;
  const auto found = database.db().Get({}, database.family(kStateFamily), kIdentityKey, &text);
  if (found.IsNotFound()) return std::nullopt;
  auto identity = found.ok() ? decode_identity(text) : std::nullopt;
  if (!identity) return fatal("the store in '" + database.dir().string() + "' cannot be read");
  return identity;
}

Result<std::optional<RocksdbStatus>> rocksdb_status(const std::shared_ptr<rocks::Database>& database) {
  const auto identity = rocksdb_identity(*database);
  if (!identity) return tl::make_unexpected(identity.error());
  if (!*identity) return std::nullopt;
  RocksdbStore store(database);
  auto checkpoints = store.open(**identity);
  if (!checkpoints) return tl::make_unexpected(checkpoints.error());
  return RocksdbStatus{**identity, *std::move(checkpoints), store.size()};
}

Result<void> reset_rocksdb(rocks::Database& database) {
  // No key of ours begins with this byte: rows begin with their kind, the rest is text.
  constexpr const char* kBeyondAll = "\xff";
  rocksdb::WriteBatch batch;
  for (const char* family : {kRowsFamily, kStateFamily}) {
    if (auto there = database.need(family); !there) return there;
    batch.DeleteRange(database.family(family), "", kBeyondAll);
  }
  rocksdb::WriteOptions sync;
  sync.sync = true;
  const auto written = database.db().Write(sync, &batch);
  if (!written.ok()) {
    return fatal("the store in '" + database.dir().string() + "' cannot be reset: " + written.ToString());
  }
  return {};
}

}  // namespace wikiflow::store
