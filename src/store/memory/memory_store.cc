#include "store/memory/memory_store.h"

namespace wikiflow::store {

Result<Checkpoints> MemoryStore::open(const Identity& identity) {
  const std::lock_guard lock(mutex_);
  if (identity_ && !same_counts(*identity_, identity)) return other_identity("memory", *identity_, identity);
  identity_ = identity;
  return checkpoints_;
}

Result<void> MemoryStore::add(Partition partition, std::span<const Item> items, const Checkpoint& after) {
  const std::lock_guard lock(mutex_);
  Checkpoint& kept = checkpoints_[partition];
  if (after.next <= kept.next) return {};
  adder_.add(totals_, items, kept.next);
  kept = after;
  return {};
}

Result<std::map<Partition, Offset>> MemoryStore::flush(const FlushLimits& /*limits*/) {
  const std::lock_guard lock(mutex_);
  std::map<Partition, Offset> counted;
  for (const auto& [partition, checkpoint] : checkpoints_) counted[partition] = checkpoint.next;
  return counted;
}

StoreView MemoryStore::view() {
  const std::lock_guard lock(mutex_);
  StoreView view{totals_.view(), {}};
  for (const auto& [partition, checkpoint] : checkpoints_)
    view.included.emplace_back(partition, checkpoint.next);
  return view;
}

StoreSize MemoryStore::size() const {
  const std::lock_guard lock(mutex_);
  return {totals_.domains(), totals_.users(), totals_.changes(), totals_.revision()};
}

}  // namespace wikiflow::store
