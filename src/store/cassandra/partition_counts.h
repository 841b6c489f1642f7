// The counts of one partition of the topic, and which of them the server does not have yet.
//
// A key's count is that of all records below the partition's `next` (or, after a recovery, below what its row
// included, until the records in between have been read again). `after` is an offset beyond the last record
// that is in it: all of the key's records below are, and the key has to be written when `after` is beyond
// what the server's checkpoint includes.
//
// Threads: none of its own; CassandraStore's lock is around it.

#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "store/cassandra/session.h"
#include "store/count_store.h"

namespace wikiflow::store::cassandra {

// By the keys' numbers in the totals.
class KeyCounts {
 public:
  struct Cell {
    std::uint64_t count = 0;
    Offset after{};
    bool dirty = false;  // it is in the list of keys to write
  };

  // What a row says, at a recovery.
  void load(std::uint32_t number, std::uint64_t count, Offset included) {
    cells_[number] = {count, included, false};
  }

  bool includes(std::uint32_t number, Offset offset) const {
    const auto cell = cells_.find(number);
    return cell != cells_.end() && offset < cell->second.after;
  }

  // One for each, with repeats; all of them lie below `after`.
  void add(std::span<const std::uint32_t> numbers, Offset after, bool owned) {
    for (const std::uint32_t number : numbers) {
      Cell& cell = cells_[number];
      ++cell.count;
      cell.after = after;
      if (owned) mark(number, cell);
    }
  }

  // The keys that changed at or after `from` are to be written.
  void mark_since(Offset from) {
    for (auto& [number, cell] : cells_) {
      if (cell.after > from) mark(number, cell);
    }
  }

  void mark(std::uint32_t number) { mark(number, cells_[number]); }

  // The keys to write, which are then none.
  std::vector<std::uint32_t> take() {
    for (const std::uint32_t number : dirty_) cells_[number].dirty = false;
    return std::exchange(dirty_, {});
  }

  const Cell& operator[](std::uint32_t number) const { return cells_.find(number)->second; }

 private:
  void mark(std::uint32_t number, Cell& cell) {
    if (std::exchange(cell.dirty, true)) return;
    dirty_.push_back(number);
  }

  boost::unordered_flat_map<std::uint32_t, Cell> cells_;
  std::vector<std::uint32_t> dirty_;
};

struct PartitionCounts {
  Checkpoint at{};           // what the counts in memory include
  bool known = false;        // a record was added, or a checkpoint was found
  Offset replayed_to{};      // rows include records up to here
  bool checked = false;      // the sum was held against the checkpoint since the recovery
  std::uint64_t sum = 0;     // over the domains
  KeyCounts keys[2]{};       // by Kind
  bool taking_over = false;  // owned once a flush has seen where the owner before has got to
  bool owned = false;
  // Rows that were acknowledged may be gone. As long as some are ahead of the log that was read again, and
  // cannot be written therefore, what they included of the records before is missing: no checkpoint comes of
  // a flush.
  bool doubtful = false;
  Offset lasting{};           // the server's checkpoint, as far as this process knows
  std::uint64_t in_rows = 0;  // of at.counted, what the server's rows include; known while it is owned
  std::vector<std::pair<SteadyTime, Checkpoint>> written{};  // all rows acknowledged; checkpoint not yet due
};

}  // namespace wikiflow::store::cassandra
