// A topic: ordered records in partitions, written once and read many times. The Kafka model, and its words.
//
// Three implementations keep the same contract (topic/contract_test.h runs over each):
//   kafka/  any broker that speaks the Kafka protocol, through librdkafka;
//   local/  a durable log on RocksDB inside this process;
//   fake/   in memory, and can be told to fail, delay, duplicate and reorder.
//
// What a writer guarantees. Records with the same key are in one partition, in the order of send(). A record
// is acknowledged when it survives what the broker promises to survive (acks=all). No record is skipped:
// while the broker is away send() blocks, and when delivery can never succeed the writer fails as a whole;
// acknowledged() then says how many records from the beginning are safe, and the caller sends the rest again
// through a new writer. A record can be in the log twice after that, never zero times.
//
// What a reader guarantees. A batch holds records of one partition in offset order, without holes other than
// those the broker itself left. The next batch of a partition is handed out only after the previous one was
// destroyed, so work on a partition is never concurrent with itself. At most `batches_in_work` batches are
// out at once.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/partition.h"
#include "base/result.h"
#include "base/time.h"

namespace wikiflow::topic {

using wikiflow::Offset;
using wikiflow::Partition;

struct Header {
  std::string_view name;
  std::string_view value;
};

// A record to be sent. Borrowed: send() copies what it keeps.
struct OutRecord {
  std::string_view key;  // picks the partition (murmur2, as Java clients do); empty: any partition
  std::string_view value;
  std::span<const Header> headers;
};

// How far a topic reaches, as its brokers told it.
struct Reach {
  SteadyTime asked;      // true of some moment after this
  std::int64_t end = 0;  // the ends of all partitions, summed
  std::uint64_t acknowledged =
      0;  // of the writer's own records, acknowledged when it was asked, in any order
};

// A record that the broker refused for good, alone.
struct RefusedRecord {
  std::uint64_t sequence;  // counted from 0 in the order of send()
  std::string value;
  std::string why;
};

class Writer {
 public:
  // Flushes for a short while, then drops what is left. Call flush() first when it matters.
  virtual ~Writer() = default;

  // Takes a record into the bounded queue of records in flight; waits while it is full, which is the
  // back-pressure that keeps the source unread. The record's time is now.
  // Errors: transient when `stop` was requested while waiting (the record was not taken); bad_input when this
  // record alone can never be accepted (too large; not taken); fatal when the writer has failed.
  // Threads: one at a time.
  virtual Result<void> send(const OutRecord& record, std::stop_token stop) = 0;

  // Waits until everything sent is acknowledged. Errors: transient after `limit`; fatal as for send().
  virtual Result<void> flush(std::chrono::milliseconds limit) = 0;

  // How many of the records taken, counted from the first in the order of send(), are acknowledged without a
  // gap. Never goes down. A record that the broker refused for good, alone, counts as passed, but not before
  // refused() counts it and take_refused() has it. Threads: any.
  virtual std::uint64_t acknowledged() const = 0;

  // Records taken that the broker then refused for good, each logged as ERROR. Threads: any.
  virtual std::uint64_t refused() const = 0;

  // Those of them that were not taken before. They are kept until then: at most what was in flight, if this
  // is called between sends. Threads: any.
  virtual std::vector<RefusedRecord> take_refused() { return {}; }

  // Why the broker cannot be reached at this moment, or nothing when it can. Threads: any.
  virtual std::optional<std::string> trouble() const = 0;

  // The newest that is known; nothing before the first answer, and always where nobody else can write. Asked
  // for about once a second, so one that is much older means that no broker answers. Cheap. Errors: fatal as
  // for send(). Threads: any.
  virtual Result<std::optional<Reach>> reach() const { return std::nullopt; }
};

// A record as read. Borrowed from its batch.
struct Record {
  std::string_view key;
  std::string_view value;
  Offset offset;
  Millis time;                   // the record's timestamp: when it was sent
  const void* handle = nullptr;  // for Batch::header()
};

// Records first.offset() to next()-1 of one partition. Movable; destroying it gives the memory back and lets
// the partition's next batch out. It must not outlive its reader. Never empty.
class Batch {
 public:
  // What an implementation puts behind a batch; its destructor does the giving back.
  class Lease {
   public:
    virtual ~Lease() = default;
    virtual std::optional<std::string_view> header(const Record& record, std::string_view name) const = 0;
  };

  Batch(Partition partition, std::span<const Record> records, Offset next, std::unique_ptr<Lease> lease,
        std::int32_t leader_epoch = -1)
      : partition_(partition),
        records_(records),
        next_(next),
        lease_(std::move(lease)),
        leader_epoch_(leader_epoch) {}

  Partition partition() const { return partition_; }
  std::span<const Record> records() const { return records_; }
  // Where the following batch begins; the offset to commit once this one is counted.
  Offset next() const { return next_; }
  // Of the last record: under which leader of the partition it was written. -1: not known.
  std::int32_t leader_epoch() const { return leader_epoch_; }
  // The last header of that name on `record`. Valid until one of another record is asked for, and no longer
  // than the batch. Threads: one at a time.
  std::optional<std::string_view> header(const Record& record, std::string_view name) const {
    return lease_->header(record, name);
  }

 private:
  Partition partition_;
  std::span<const Record> records_;
  Offset next_;
  std::unique_ptr<Lease> lease_;
  std::int32_t leader_epoch_ = -1;
};

// Where reading of one assigned partition stands.
struct Progress {
  Partition partition;
  Offset next;             // the first offset not yet handed out
  Offset beginning;        // the oldest record that the log still has
  Offset end;              // the offset that the next record written will get, as far as is known
  bool end_known = false;  // false until the broker has said so since the assignment
};

// Told about a group's changes of assignment. All calls come from one thread of the reader, none at the same
// time as another; batches of the partitions named are not handed out while a call runs.
class AssignmentListener {
 public:
  virtual ~AssignmentListener() = default;
  // New partitions: says where to start reading each. An error leaves the assignment and is returned by
  // next().
  virtual Result<std::vector<std::pair<Partition, Offset>>> assigned(
      std::span<const Partition> partitions) = 0;
  // About to go to another reader: the last moment to store and commit. Batches of these are all back.
  virtual void revoked(std::span<const Partition> partitions) = 0;
  // Already somebody else's: nothing of them may be committed.
  virtual void lost(std::span<const Partition> partitions) = 0;
};

struct ReaderOptions {
  // Group that commits go to. With a listener, partitions are shared out among the group's members
  // (cooperative-sticky). Without one, this reader takes all partitions, each from `start`, and the group
  // only shows lag.
  std::string group;
  AssignmentListener* listener = nullptr;  // not owned; outlives the reader
  int batches_in_work = 5;                 // at least 1
  // A batch is gone through several times, so it had better stay in a core's cache. With half a megabyte of
  // L2 a consumer took a tenth less CPU with 1024 than with 4096; 2048 gained nothing, nor did fewer.
  std::size_t max_batch_records = 1024;
  // Without a listener: where to begin. A partition that is not named, or whose log no longer reaches back so
  // far, begins where its log begins (see Progress::beginning); beyond the end is a fatal error.
  std::map<Partition, Offset> start{};
  // With a listener: takes part in the group and commits, and hands out no batches.
  bool idle = false;
  // What ensure() said of the topic. Within seconds of another one having this name next() fails; by then
  // some of its records may have been read. Empty: that is not looked at.
  std::string generation{};
};

class Reader {
 public:
  virtual ~Reader() = default;

  // Waits at most `wait` for a batch. Nothing within that time is not an error. Returns early, with nothing,
  // when `stop` is requested. Errors: transient (broker away; try again), fatal (topic gone, not authorised,
  // offset out of range). Threads: any, several at once.
  virtual Result<std::optional<Batch>> next(std::chrono::milliseconds wait, std::stop_token stop) = 0;

  // Records before `next` were counted. Kept by the group for display of lag; recovery does not start there.
  // Failure is logged and counted, never fatal. Asynchronous; the newest commit of a partition wins.
  // Threads: any.
  virtual void commit(Partition partition, Offset next) = 0;

  // Sends commits that are still waiting. Errors: transient after `limit`.
  virtual Result<void> flush_commits(std::chrono::milliseconds limit) = 0;

  // One entry per assigned partition, in partition order. Threads: any.
  virtual std::vector<Progress> progress() const = 0;

  // When the broker was last heard from: the reader is up to date as of then if nothing is left to read.
  virtual SteadyTime last_contact() const = 0;

  // As Writer::trouble().
  virtual std::optional<std::string> trouble() const = 0;
};

struct TopicSpec {
  std::string name;
  int partitions = 6;
  int replication = -1;                    // -1: the broker's default
  std::chrono::milliseconds retention{0};  // 0: for ever
  bool create = true;                      // false: only check
};

struct TopicState {
  int partitions = 0;
  bool created = false;
  // Tells the topic from others of its name, before and after it; or kUnknownGeneration.
  std::string generation;
  std::vector<std::string> warnings;  // settings that differ from the spec, in words for the operator
};

// The end of one partition as it was when it was asked for.
struct Tail {
  struct Entry {
    Offset offset;
    Millis time;
    std::vector<std::pair<std::string, std::string>> headers;  // in the order in which they were sent

    // The last header of that name.
    std::optional<std::string_view> header(std::string_view name) const;
  };

  Partition partition;
  Offset beginning;
  Offset end;
  std::vector<Entry> records;  // the last ones before `end`, in offset order
};

// Where topics live: makes writers and readers of them.
class Broker {
 public:
  virtual ~Broker() = default;

  // Creates the topic when it is missing and `spec.create`; otherwise checks it: cleanup.policy must be
  // delete (fatal if not), another partition count or retention is a warning. Errors: transient (not
  // reachable within `limit`), fatal (missing and not to be created; not authorised).
  virtual Result<TopicState> ensure(const TopicSpec& spec, std::chrono::milliseconds limit) = 0;

  // The topic must exist. The broker object outlives what it makes.
  virtual Result<std::unique_ptr<Writer>> writer(const std::string& topic) = 0;
  virtual Result<std::unique_ptr<Reader>> reader(const std::string& topic, const ReaderOptions& options) = 0;

  // The last `records_per_partition` records of every partition, as of now, without their keys and values;
  // one entry for each partition, in order. All of it is in memory at once. Errors: transient when one of the
  // partitions cannot be read, or nothing came for as long as `limit`; fatal as for a reader.
  virtual Result<std::vector<Tail>> tails(const std::string& topic, std::size_t records_per_partition,
                                          std::chrono::milliseconds limit) = 0;
};

inline std::optional<std::string_view> Tail::Entry::header(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [other, value] : headers) {
    if (other == name) found = value;
  }
  return found;
}

}  // namespace wikiflow::topic
