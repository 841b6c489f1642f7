// The log of one topic: where each partition begins and ends, and how chunks get in, out and away.
//
// The end of a partition is that of its last chunk, so retention keeps the last chunk even when all its
// records have expired; the beginning is kept beside it.
//
// Threads: any.

#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "rocks/database.h"
#include "topic/group.h"
#include "topic/in_process_reader.h"
#include "topic/local/chunk.h"

namespace wikiflow::topic::local {

using rocks::Database;

// Records of one partition, encoded, on their way into the log.
struct NewChunk {
  Partition partition;
  std::string bytes;
  std::int64_t records = 0;
};

struct Bounds {
  std::int64_t beginning = 0;
  std::int64_t end = 0;
};

// What is kept of a topic beside its records.
struct TopicEntry {
  std::uint32_t id = 0;
  int partitions = 0;
  std::chrono::milliseconds retention{0};
  std::string generation{};
};

class Log {
 public:
  // Finds the ends of the partitions.
  static Result<std::unique_ptr<Log>> open(std::shared_ptr<Database> database, std::string name,
                                           const TopicEntry& entry);

  const std::string& name() const { return name_; }
  const TopicEntry& entry() const { return entry_; }
  Bounds bounds(Partition partition) const;

  // Writes the chunks as one group and wakes the readers. Errors: fatal when the disk refuses.
  Result<void> append(std::span<const NewChunk> chunks, bool sync);

  // A cursor over the chunks of a partition, from the one that holds `from`.
  std::unique_ptr<rocksdb::Iterator> chunks(Partition partition, Offset from) const;

  // Records before `beginning` are gone from now on, and their whole chunks soon from the disk.
  Result<void> expire(Partition partition, Offset beginning);
  // Retention by age and size. True when something was removed.
  Result<bool> expire(Millis now, std::uint64_t most_bytes);

  // Approximate, on disk and in memory.
  std::uint64_t bytes() const;

  void add_reader(InProcessReader& reader);
  void remove_reader(InProcessReader& reader);
  Group& group(const std::string& name);

 private:
  Log(std::shared_ptr<Database> database, std::string name, const TopicEntry& entry);
  Result<void> find_bounds(Partition partition);
  Offset first_not_before(Partition partition, Millis time) const;
  std::optional<Millis> last_time_in(rocksdb::Iterator& chunk) const;
  std::string key(Partition partition, std::int64_t offset) const {
    return encode({entry_.id, partition, {offset}});
  }
  std::string beginning_key(Partition partition) const;

  const std::shared_ptr<Database> database_;
  rocksdb::ColumnFamilyHandle* const records_;
  rocksdb::ColumnFamilyHandle* const state_;
  const std::string name_;
  const TopicEntry entry_;

  std::mutex append_mutex_;  // one group at a time: offsets are given out in the order of writing
  mutable std::mutex mutex_;
  std::vector<Bounds> bounds_;
  std::set<InProcessReader*> readers_;
  std::map<std::string, std::unique_ptr<Group>> groups_;
};

// Counts the records of a chunk.
std::int64_t records_in(std::string_view chunk);

}  // namespace wikiflow::topic::local
