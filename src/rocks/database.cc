#include "rocks/database.h"

#include <fcntl.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <system_error>
#include <vector>

namespace wikiflow::rocks {
namespace {

constexpr const char* kVersionKey = "wikiflow.schema";
constexpr const char* kVersion = "1";

std::string owner_of(int file) {
  std::array<char, 32> text{};
  const auto size = ::pread(file, text.data(), text.size() - 1, 0);
  if (size <= 0) return "another process";
  return "the process with PID " + std::string(text.data(), static_cast<std::size_t>(size));
}

rocksdb::ColumnFamilyOptions family_options(const DatabaseOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 16U << 10U;
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = options.write_buffer_bytes / 4;
  family.compression = rocksdb::kLZ4Compression;
  return family;
}

}  // namespace

Result<std::shared_ptr<Database>> Database::open(const std::filesystem::path& dir,
                                                 const DatabaseOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return fatal("cannot make the state directory '" + dir.string() + "': " + error.message());
  std::shared_ptr<Database> database(new Database(dir, options));
  if (auto done = database->lock(); !done) return tl::make_unexpected(done.error());
  if (auto done = database->open_families(); !done) return tl::make_unexpected(done.error());
  if (auto done = database->check_version(); !done) return tl::make_unexpected(done.error());
  return database;
}

Database::Database(std::filesystem::path dir, const DatabaseOptions& options)
    : dir_(std::move(dir)), options_(options), cache_(rocksdb::NewLRUCache(options.block_cache_bytes)) {}

Database::~Database() {
  if (db_) {
    rocksdb::CancelAllBackgroundWork(db_.get(), true);
    for (const auto& [name, handle] : families_) static_cast<void>(db_->DestroyColumnFamilyHandle(handle));
    static_cast<void>(db_->Close());
    db_.reset();
  }
  if (owner_file_ >= 0) ::close(owner_file_);
}

// A lock file of our own: RocksDB's says neither who holds it nor, within one process, that it is held at
// all.
Result<void> Database::lock() {
  const auto path = dir_ / "owner";
  owner_file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (owner_file_ < 0) {
    return fatal("cannot write in the state directory '" + dir_.string() +
                 "': " + std::generic_category().message(errno));
  }
  if (::flock(owner_file_, LOCK_EX | LOCK_NB) != 0) {
    return fatal("the state directory '" + dir_.string() + "' is in use by " + owner_of(owner_file_) +
                 "; stop it, or choose another STATE_DIR");
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(owner_file_, 0) != 0 || ::pwrite(owner_file_, pid.data(), pid.size(), 0) < 0) {
    return fatal("cannot write in the state directory '" + dir_.string() +
                 "': " + std::generic_category().message(errno));
  }
  return {};
}

Result<void> Database::open_families() {
  rocksdb::DBOptions db_options;
  db_options.create_if_missing = true;
  db_options.create_missing_column_families = true;
  db_options.max_background_jobs = 2;
  db_options.db_write_buffer_size = options_.write_buffer_bytes;
  db_options.max_total_wal_size = 2 * options_.write_buffer_bytes;
  db_options.keep_log_file_num = 3;
  db_options.max_log_file_size = 4U << 20U;
  db_options.recycle_log_file_num = 0;

  // RocksDB opens only when every family that is there is named.
  std::vector<std::string> names;
  const auto path = (dir_ / "db").string();
  if (!rocksdb::DB::ListColumnFamilies(db_options, path, &names).ok())
    names = {rocksdb::kDefaultColumnFamilyName};
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const auto& name : names) descriptors.emplace_back(name, family_options(options_, cache_));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const auto status = rocksdb::DB::Open(db_options, path, descriptors, &handles, &raw);
  if (!status.ok()) {
    return fatal("cannot open the database in '" + dir_.string() + "': " + status.ToString() +
                 "; move the directory away to begin with an empty one");
  }
  db_.reset(raw);
  for (std::size_t i = 0; i < names.size(); ++i) families_[names[i]] = handles[i];
  return {};
}

Result<void> Database::need(const std::string& family) {
  const std::lock_guard lock(mutex_);
  if (families_.contains(family)) return {};
  rocksdb::ColumnFamilyHandle* made = nullptr;
  const auto status = db_->CreateColumnFamily(family_options(options_, cache_), family, &made);
  if (!status.ok()) {
    return fatal("cannot make '" + family + "' in '" + dir_.string() + "': " + status.ToString());
  }
  families_[family] = made;
  return {};
}

rocksdb::ColumnFamilyHandle* Database::family(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return families_.at(name);
}

Result<void> Database::check_version() {
  std::string version;
  const auto status = db_->Get({}, kVersionKey, &version);
  if (status.IsNotFound()) {
    rocksdb::WriteOptions sync;
    sync.sync = true;
    const auto written = db_->Put(sync, kVersionKey, kVersion);
    if (!written.ok()) return fatal("cannot write to '" + dir_.string() + "': " + written.ToString());
    return {};
  }
  if (!status.ok()) return fatal("cannot read from '" + dir_.string() + "': " + status.ToString());
  if (version == kVersion) return {};
  return fatal("the state directory '" + dir_.string() + "' has schema version " + version +
               ", and this program knows version " + kVersion +
               "; use the program that wrote it, or choose another STATE_DIR");
}

}  // namespace wikiflow::rocks
