// Counts in memory only: gone with the process, and rebuilt by reading the topic from its beginning. They
// answer for what the topic retains. flush() makes nothing lasting, and answers with all that was counted, so
// that the group shows the lag.

#pragma once

#include <mutex>

#include "store/adder.h"
#include "store/count_store.h"

namespace wikiflow::store {

class MemoryStore final : public CountStore {
 public:
  Result<Checkpoints> open(const Identity& identity) override;
  Result<void> add(Partition partition, std::span<const Item> items, const Checkpoint& after) override;
  using CountStore::flush;
  Result<std::map<Partition, Offset>> flush(const FlushLimits& limits) override;
  StoreView view() override;
  StoreSize size() const override;

 private:
  mutable std::mutex mutex_;
  std::optional<Identity> identity_;
  count::Totals totals_;
  Adder adder_;
  Checkpoints checkpoints_;
};

}  // namespace wikiflow::store
