// Where counts are kept, and what they include.
//
// A store knows for each partition the offset up to which its counts include the log. Adding a batch that it
// already includes changes nothing, so that records may be read again after a crash or a rebalance.
//
// Threads: any, several at once; batches of one partition come one after the other.

#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/partition.h"
#include "base/result.h"
#include "count/totals.h"
#include "event/codec.h"

namespace wikiflow::store {

// One decoded record of a batch.
struct Item {
  Offset offset;
  Counted counted;  // borrowed; the store copies what it keeps
};

// Counts and what they include, of the same instant.
struct StoreView {
  count::TotalsView totals;
  std::vector<std::pair<Partition, Offset>> included;  // next offset per partition, in partition order
};

struct StoreSize {
  std::size_t domains = 0;
  std::size_t users = 0;
  std::uint64_t changes = 0;
};

class CountStore {
 public:
  virtual ~CountStore() = default;

  // Adds the records of `partition` below `next`; `items` are those of them that could be decoded, in offset
  // order. Items below what is included already are skipped.
  virtual Result<void> add(Partition partition, std::span<const Item> items, Offset next) = 0;

  // Costs a pointer per 2,048 keys, during which no batch is added.
  virtual StoreView view() = 0;

  virtual StoreSize size() const = 0;
};

}  // namespace wikiflow::store
