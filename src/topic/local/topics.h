// The topics in a database: found when it is opened, and made.
//
// Threads: any. A Log lives as long as this.

#pragma once

#include <rocksdb/db.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "topic/local/log.h"

namespace wikiflow::topic::local {

class Topics {
 public:
  static Result<std::unique_ptr<Topics>> open(std::shared_ptr<Database> database);

  // nullptr when there is none.
  Log* find(const std::string& name) const;
  Result<Log*> create(const TopicSpec& spec);
  std::vector<Log*> all() const;

 private:
  explicit Topics(std::shared_ptr<Database> database);

  const std::shared_ptr<Database> database_;
  rocksdb::ColumnFamilyHandle* const state_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Log>> logs_;
  std::uint32_t last_id_ = 0;
};

}  // namespace wikiflow::topic::local
