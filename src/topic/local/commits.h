// What groups have committed, in memory and, a little later, in the database.
//
// Commits only show lag, so they are written together now and then and not synced.
//
// Bound: one entry for each group, topic and partition. Threads: any.

#pragma once

#include <rocksdb/db.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "base/result.h"
#include "rocks/database.h"
#include "topic/topic.h"

namespace wikiflow::topic::local {

using rocks::Database;

class Commits {
 public:
  explicit Commits(std::shared_ptr<Database> database);

  void set(const std::string& group, const std::string& topic, Partition partition, Offset next);
  std::optional<Offset> get(const std::string& group, const std::string& topic, Partition partition) const;

  // Writes what has changed.
  Result<void> save();

 private:
  using Key = std::tuple<std::string, std::string, Partition>;
  static std::string encode(const Key& key);

  const std::shared_ptr<Database> database_;
  rocksdb::ColumnFamilyHandle* const state_;
  mutable std::mutex mutex_;
  std::map<Key, Offset> unsaved_;
};

}  // namespace wikiflow::topic::local
