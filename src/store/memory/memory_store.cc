#include "store/memory/memory_store.h"

namespace wikiflow::store {

Result<void> MemoryStore::add(Partition partition, std::span<const Item> items, Offset next) {
  const std::lock_guard lock(mutex_);
  Offset& included = included_[partition];
  for (const Item& item : items) {
    if (item.offset >= included) totals_.add(item.counted.domain, item.counted.user);
  }
  included = std::max(included, next);
  return {};
}

StoreView MemoryStore::view() {
  const std::lock_guard lock(mutex_);
  return {totals_.view(), {included_.begin(), included_.end()}};
}

StoreSize MemoryStore::size() const {
  const std::lock_guard lock(mutex_);
  return {totals_.domains(), totals_.users(), totals_.changes()};
}

}  // namespace wikiflow::store
