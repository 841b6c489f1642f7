// The RocksDB database in a state directory: opened once, by one process. Each of its users has column
// families of its own, and all share one write-ahead log: the embedded topic keeps its records here, and the
// count store its rows.
//
// Guarantee: kill -9 at any moment leaves every write that returned; with `sync`, a power cut does too. A
// second opener is refused with an error that names the process holding the directory.
//
// Threads: any; need() before the family is used.

#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
class DB;
}  // namespace rocksdb

namespace wikiflow::rocks {

struct DatabaseOptions {
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
  // Makes the family when it is missing. Errors: fatal (the disk refuses).
  Result<void> need(const std::string& family);
  // The family must have been needed before.
  rocksdb::ColumnFamilyHandle* family(const std::string& name) const;
  const std::filesystem::path& dir() const { return dir_; }

 private:
  Database(std::filesystem::path dir, const DatabaseOptions& options);
  Result<void> lock();
  Result<void> open_families();
  Result<void> check_version();

  const std::filesystem::path dir_;
  const DatabaseOptions options_;
  const std::shared_ptr<rocksdb::Cache> cache_;
  int owner_file_ = -1;  // held locked as long as this lives
  std::unique_ptr<rocksdb::DB> db_;
  mutable std::mutex mutex_;
  std::map<std::string, rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace wikiflow::rocks
