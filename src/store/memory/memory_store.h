// Counts in memory only: gone with the process, and rebuilt by reading the topic from its beginning. They
// answer for what the topic retains.

#pragma once

#include <map>
#include <mutex>

#include "store/count_store.h"

namespace wikiflow::store {

class MemoryStore final : public CountStore {
 public:
  Result<void> add(Partition partition, std::span<const Item> items, Offset next) override;
  StoreView view() override;
  StoreSize size() const override;

 private:
  mutable std::mutex mutex_;
  count::Totals totals_;
  std::map<Partition, Offset> included_;
};

}  // namespace wikiflow::store
