// Counts in RocksDB, embedded in this process: all of them in memory for answering, and on disk for the next
// start. Rows are merged over the partitions, so opening reads each domain and user once.
//
// Guarantee: rows and the checkpoints of all partitions are written in one batch, so that after a crash at
// any point the counts are exactly those up to the checkpoints. A flush writes the blocks of keys in which
// something has changed since the last, and waits for the disk, so that it survives a power cut too.
//
// The database may be shared with the embedded log; this object holds it open. A failed write is fatal:
// RocksDB refuses all that follow.
//
// Memory beside that of the counts: a byte for a dozen keys, for what has changed; and during a flush what it
// writes.

#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rocks/database.h"
#include "store/adder.h"
#include "store/count_store.h"
#include "store/rocksdb/encoding.h"

namespace wikiflow::store {

class RocksdbStore final : public CountStore {
 public:
  // Takes a key and its count; returns the key's number.
  using Load = std::function<std::uint32_t(std::string_view, std::uint64_t)>;

  explicit RocksdbStore(std::shared_ptr<rocks::Database> database);

  Result<Checkpoints> open(const Identity& identity) override;
  Result<void> add(Partition partition, std::span<const Item> items, const Checkpoint& after) override;
  using CountStore::flush;
  Result<std::map<Partition, Offset>> flush(const FlushLimits& limits) override;
  StoreView view() override;
  StoreSize size() const override;

  // Takes the counts of an import, once open() has found none. The next flush makes all of it lasting at
  // once.
  void fill(count::Totals totals, const Checkpoints& checkpoints);

 private:
  // Blocks of keys (encoding.h) of which one was counted up since the last flush.
  class Changed {
   public:
    void mark(std::span<const std::uint32_t> numbers);
    std::vector<std::uint32_t> take();

   private:
    std::vector<std::uint32_t> blocks_;
    std::vector<bool> marked_;
  };

  Result<void> check_schema();
  Result<void> check_identity(const Identity& identity);
  Result<void> load_rows();
  Result<void> load_blocks(const RowKinds& kinds, const Load& load);
  Result<void> load_checkpoints();
  Result<void> check_sum() const;
  tl::unexpected<Error> failed(const std::string& doing, const std::string& why) const;

  const std::shared_ptr<rocks::Database> database_;
  std::size_t named_domains_ = 0;  // so many names are written; of the thread that flushes
  std::size_t named_users_ = 0;

  mutable std::mutex mutex_;  // guards what follows
  bool opened_ = false;
  Identity identity_;
  count::Totals totals_;
  Adder adder_;
  Checkpoints checkpoints_;
  Checkpoints unwritten_;  // those that have changed since the last flush
  Changed domains_;
  Changed users_;
};

}  // namespace wikiflow::store
