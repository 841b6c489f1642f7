#include "topic/local/log.h"

#include <rocksdb/convenience.h>

#include <algorithm>
#include <limits>

#include "rocks/slice.h"
#include "topic/local/families.h"

namespace wikiflow::topic::local {
namespace {

tl::unexpected<Error> disk_error(const Database& database, const rocksdb::Status& status) {
  return fatal("the log in '" + database.dir().string() + "' failed: " + status.ToString() +
               "; is the disk full? Start again once it is mended");
}

}  // namespace

std::int64_t records_in(std::string_view chunk) {
  std::int64_t count = 0;
  while (take_record(chunk)) ++count;
  return count;
}

Log::Log(std::shared_ptr<Database> database, std::string name, const TopicEntry& entry)
    : database_(std::move(database)),
      records_(database_->family(kRecordsFamily)),
      state_(database_->family(kStateFamily)),
      name_(std::move(name)),
      entry_(entry),
      bounds_(static_cast<std::size_t>(entry.partitions)) {}

Result<std::unique_ptr<Log>> Log::open(std::shared_ptr<Database> database, std::string name,
                                       const TopicEntry& entry) {
  std::unique_ptr<Log> log(new Log(std::move(database), std::move(name), entry));
  for (std::int32_t i = 0; i < entry.partitions; ++i) {
    if (auto found = log->find_bounds({i}); !found) return tl::make_unexpected(found.error());
  }
  return log;
}

std::string Log::beginning_key(Partition partition) const { return "beginning/" + key(partition, 0); }

Result<void> Log::find_bounds(Partition partition) {
  Bounds found;
  const std::unique_ptr<rocksdb::Iterator> at(database_->db().NewIterator({}, records_));
  const auto prefix = key(partition, 0).substr(0, 8);
  at->SeekForPrev(key(partition, std::numeric_limits<std::int64_t>::max()));
  if (at->Valid() && rocks::view_of(at->key()).starts_with(prefix)) {
    found.end = decode_key(rocks::view_of(at->key()))->first.value + records_in(rocks::view_of(at->value()));
    at->Seek(key(partition, 0));
    found.beginning = decode_key(rocks::view_of(at->key()))->first.value;
  }
  if (!at->status().ok()) return disk_error(*database_, at->status());
  std::string stored;
  const auto status = database_->db().Get({}, state_, beginning_key(partition), &stored);
  if (status.ok()) {
    found.beginning = std::max<std::int64_t>(found.beginning, std::stoll(stored));
  } else if (!status.IsNotFound()) {
    return disk_error(*database_, status);
  }
  bounds_.at(static_cast<std::size_t>(partition.number)) = found;
  return {};
}

Bounds Log::bounds(Partition partition) const {
  const std::lock_guard lock(mutex_);
  return bounds_.at(static_cast<std::size_t>(partition.number));
}

Result<void> Log::append(std::span<const NewChunk> chunks, bool sync) {
  const std::lock_guard append_lock(append_mutex_);
  std::vector<Bounds> after;
  {
    const std::lock_guard lock(mutex_);
    after = bounds_;
  }
  rocksdb::WriteBatch batch;
  for (const NewChunk& chunk : chunks) {
    auto& end = after.at(static_cast<std::size_t>(chunk.partition.number)).end;
    batch.Put(records_, key(chunk.partition, end), chunk.bytes);
    end += chunk.records;
  }
  rocksdb::WriteOptions options;
  options.sync = sync;
  if (const auto status = database_->db().Write(options, &batch); !status.ok())
    return disk_error(*database_, status);
  const std::lock_guard lock(mutex_);
  // Only the ends: retention may have moved a beginning meanwhile.
  for (std::size_t i = 0; i < after.size(); ++i) bounds_[i].end = after[i].end;
  for (const NewChunk& chunk : chunks) {
    for (InProcessReader* reader : readers_) reader->wake(chunk.partition);
  }
  return {};
}

std::unique_ptr<rocksdb::Iterator> Log::chunks(Partition partition, Offset from) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // read once and on
  std::unique_ptr<rocksdb::Iterator> at(database_->db().NewIterator(options, records_));
  at->SeekForPrev(key(partition, from.value));
  return at;
}

// The end of the newest chunk that is older than `time`, by halving: chunks lie in the order of time.
Offset Log::first_not_before(Partition partition, Millis time) const {
  const Bounds now = bounds(partition);
  std::int64_t low = now.beginning;
  std::int64_t high = now.end;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const auto chunk = chunks(partition, {middle});
    const auto first = chunk->Valid() ? decode_key(rocks::view_of(chunk->key())) : std::nullopt;
    const auto last = first ? last_time_in(*chunk) : std::nullopt;
    if (!last) return {low};
    if (*last < time) {
      low = std::max(low + 1, first->first.value + records_in(rocks::view_of(chunk->value())));
    } else {
      high = std::min(middle, std::max(low, first->first.value));
    }
  }
  return {low};
}

std::optional<Millis> Log::last_time_in(rocksdb::Iterator& chunk) const {
  std::optional<Millis> last;
  std::string_view rest = rocks::view_of(chunk.value());
  while (const auto record = take_record(rest)) last = record->time;
  return last;
}

Result<void> Log::expire(Partition partition, Offset beginning) {
  Bounds now = bounds(partition);
  beginning.value = std::min(beginning.value, now.end);
  if (beginning.value <= now.beginning) return {};
  // The chunk that holds the last record stays, for its end.
  const auto chunk = chunks(partition, {std::min(beginning.value, now.end - 1)});
  const auto kept = chunk->Valid() ? decode_key(rocks::view_of(chunk->key())) : std::nullopt;
  if (!kept) return disk_error(*database_, chunk->status());
  const std::string from = key(partition, 0);
  const std::string to = encode(*kept);
  rocksdb::WriteBatch batch;
  batch.Put(state_, beginning_key(partition), std::to_string(beginning.value));
  batch.DeleteRange(records_, from, to);
  if (const auto status = database_->db().Write({}, &batch); !status.ok())
    return disk_error(*database_, status);
  {
    const std::lock_guard lock(mutex_);
    bounds_.at(static_cast<std::size_t>(partition.number)).beginning = beginning.value;
  }
  const rocksdb::Slice begin_slice(from);
  const rocksdb::Slice end_slice(to);
  const auto status =
      rocksdb::DeleteFilesInRange(&database_->db(), records_, &begin_slice, &end_slice, false);
  if (!status.ok()) return disk_error(*database_, status);
  // Until its tombstone is compacted away, a removed range goes on being counted by bytes(), and read over.
  static_cast<void>(database_->db().CompactRange({}, records_, &begin_slice, &end_slice));
  return {};
}

std::uint64_t Log::bytes() const {
  const std::string from = key({0}, 0);
  const std::string to = encode({entry_.id + 1, {0}, {0}});
  const rocksdb::Range range(from, to);
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = true;
  std::uint64_t size = 0;
  if (!database_->db().GetApproximateSizes(options, records_, &range, 1, &size).ok()) return 0;
  return size;
}

Result<bool> Log::expire(Millis now, std::uint64_t most_bytes) {
  const std::uint64_t size = most_bytes == 0 ? 0 : bytes();
  // A tenth more than needed, so that it does not have to be done again at once.
  const double share =
      size > most_bytes ? 1.0 - 0.9 * static_cast<double>(most_bytes) / static_cast<double>(size) : 0.0;
  bool removed = false;
  for (std::int32_t i = 0; i < entry_.partitions; ++i) {
    const Bounds before = bounds({i});
    Offset beginning{before.beginning +
                     static_cast<std::int64_t>(share * static_cast<double>(before.end - before.beginning))};
    if (entry_.retention.count() > 0) {
      beginning = std::max(beginning, first_not_before({i}, now - entry_.retention));
    }
    if (auto done = expire({i}, beginning); !done) return tl::make_unexpected(done.error());
    removed = removed || bounds({i}).beginning > before.beginning;
  }
  return removed;
}

void Log::add_reader(InProcessReader& reader) {
  const std::lock_guard lock(mutex_);
  readers_.insert(&reader);
}

void Log::remove_reader(InProcessReader& reader) {
  const std::lock_guard lock(mutex_);
  readers_.erase(&reader);
}

Group& Log::group(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& group = groups_[name];
  if (!group) group = std::make_unique<Group>(entry_.partitions);
  return *group;
}

}  // namespace wikiflow::topic::local
