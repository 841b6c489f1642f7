// The RocksDB database in a state directory: opened once, by one process, with the column families that its
// users need. The log keeps its records in two of them, `log.records` and `log.state`; a count store that
// wants its rows and the log's commits in one write-ahead log passes its own families in DatabaseOptions and
// shares this object.
//
// Guarantee: kill -9 at any moment leaves every write that returned; with `sync`, a power cut does too. A
// second opener is refused with an error that names the process holding the directory.
//
// Threads: any, after open().

#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
}  // namespace rocksdb

namespace wikiflow::topic::local {

struct DatabaseOptions {
  // Families beside the log's own; made when missing.
  std::vector<std::string> families;
  // Memory for writes that are not in files yet, over all families.
  std::size_t write_buffer_bytes = 64U << 20U;
  std::size_t block_cache_bytes = 16U << 20U;
};

class Database {
 public:
  // Makes the directory when it is missing. Errors: fatal (held by another process; written by another
  // version; not a directory; a damaged database).
  static Result<std::shared_ptr<Database>> open(const std::filesystem::path& dir,
                                                const DatabaseOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() { return *db_; }
  // The family must have been named at open().
  rocksdb::ColumnFamilyHandle* family(const std::string& name) const { return families_.at(name); }
  const std::filesystem::path& dir() const { return dir_; }

 private:
  explicit Database(std::filesystem::path dir);
  Result<void> lock();
  Result<void> open_families(const DatabaseOptions& options);
  Result<void> check_version();

  const std::filesystem::path dir_;
  int owner_file_ = -1;  // held locked as long as this lives
  std::unique_ptr<rocksdb::DB> db_;
  std::map<std::string, rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace wikiflow::topic::local
