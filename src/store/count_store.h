// Where counts are kept, and what they include.
//
// A store keeps absolute counts, and for each partition a checkpoint: the offset up to which its counts
// include the log, and what is needed to go on from there without counting anything twice. Adding a batch
// that is included already changes nothing, so records may be read again after a crash or a rebalance.
//
// Counts are visible in view() at once, and lasting after flush(). What a crash takes away between the two is
// in the log still, and is counted again from the checkpoint.
//
// Order of a store's life: open() until it succeeds, then add(), flush(), own() and release() as the log and
// the group go, then the destructor, which writes nothing: call flush() before.
//
// Threads: add(), view(), size(), trouble() and replayed_to() from any, several at once; batches of one
// partition come one after the other. open() before all others; flush() from one thread at a time; own() and
// release() from one thread at a time, which need not be the one that flushes.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/partition.h"
#include "base/result.h"
#include "base/time.h"
#include "count/totals.h"
#include "event/codec.h"

namespace wikiflow::store {

// Which changes count, and how. Raise it when the same log would give other counts.
inline constexpr std::int32_t kCountingVersion = 1;

// What the kept counts are counts of. Counts of another identity are never added to.
struct Identity {
  std::string topic{};
  std::string generation{};  // tells a topic from another that had its name before it, if it is known
  std::int32_t partitions = 0;
  std::int64_t dedupe_window = 0;  // ids in all; decides what is a duplicate, and so the counts
  std::int32_t counting_version = kCountingVersion;

  bool operator==(const Identity&) const = default;
};

// Whether counts that are kept are those that are asked for. A generation that is not known on one side may
// be the other's: a broker can begin to tell it when it is upgraded. The last record that was counted says
// then whether the log is the same (pipeline/fingerprint.h).
bool same_counts(const Identity& kept, const Identity& asked);

// "topic 'wikipedia.changes' (generation x) with 6 partitions, DEDUPE_WINDOW 393216, counting version 1"
std::string to_string(const Identity& identity);

// The error of a store that keeps counts of something else: names both, and the way out.
tl::unexpected<Error> other_identity(const std::string& where, const Identity& kept, const Identity& asked);

// Where counting of one partition stands.
struct Checkpoint {
  Offset next{};                   // the first offset that is not included
  std::int32_t leader_epoch = -1;  // of the record at next-1; -1: not known
  std::uint64_t last_record = 0;   // fingerprint of that record (pipeline/fingerprint.h); 0: there is none
  std::uint64_t counted = 0;       // changes of this partition that are in the counts
  // Every change that the partition ever held was counted once. False for good once the log had lost records
  // before they were counted, or what is needed to tell duplicates.
  bool exact = true;
  std::optional<Millis> since{};  // when the log had lost its beginning: the time of the first record counted

  bool operator==(const Checkpoint&) const = default;
};

using Checkpoints = std::map<Partition, Checkpoint>;

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
  std::uint64_t revision = 0;  // as in TotalsView
};

// How long a flush may take.
struct FlushLimits {
  std::chrono::milliseconds all{};      // in all
  std::chrono::milliseconds silence{};  // without anything that the store acknowledges: slow is not away
  std::stop_token stop{};               // once requested, nothing more is begun
};

class CountStore {
 public:
  virtual ~CountStore() = default;

  // Loads what is kept; an empty store becomes one of `identity`. Returns the checkpoints to go on from, none
  // for partitions of which nothing is kept. May be called again after an error.
  // Errors: transient (the store is away; try again), fatal (it keeps counts of another identity, see
  // other_identity(); another process holds it; it is damaged or of another version).
  virtual Result<Checkpoints> open(const Identity& identity) = 0;

  // Adds the records of `partition` below `after.next`; `items` are those of them that count, in offset
  // order. Items below what is included already are skipped, and when all of the batch is, the checkpoint
  // stays. `after.counted` is what the partition's counts sum to afterwards. Never waits for the store's disk
  // or server. Errors: fatal.
  virtual Result<void> add(Partition partition, std::span<const Item> items, const Checkpoint& after) = 0;

  // Makes lasting what was added before the call, rows before the checkpoints that include them, and returns
  // per partition that this process owns the offset up to which the counts are lasting: what the group may
  // commit. Errors: transient (not done within the limits; nothing is lost, call again), fatal.
  virtual Result<std::map<Partition, Offset>> flush(const FlushLimits& limits) = 0;
  Result<std::map<Partition, Offset>> flush(std::chrono::milliseconds limit) {
    return flush(FlushLimits{.all = limit, .silence = limit});
  }

  // Whether other processes write to the same store, so that a group has to say who owns which partition.
  // Where it is false, own() and release() are not called and this process owns all.
  virtual bool shared() const { return false; }

  // From now on rows and checkpoints of these partitions are written by this process, and flush() answers for
  // them. What another owner has written meanwhile is not undone. Returns at once: the next flush() that gets
  // through to the store takes over.
  virtual void own(std::span<const Partition> /*partitions*/) {}

  // From now on not any more. Flushes what was added to them first, within `limit`; 0: they are somebody
  // else's already, and nothing of them is written. Returns up to where those of them are lasting that this
  // process may still commit. Their batches go on being added, for view().
  virtual std::map<Partition, Offset> release(std::span<const Partition> /*partitions*/,
                                              std::chrono::milliseconds /*limit*/) {
    return {};
  }

  // The counts of `partition` are whole only once everything below this offset was added: rows may include
  // more than the checkpoint. 0: they are whole.
  virtual Offset replayed_to(Partition /*partition*/) const { return {}; }

  // Why nothing can be made lasting at this moment, or nothing. While it is in trouble no work should be
  // added, for what is not lasting yet is in memory.
  virtual std::optional<std::string> trouble() const { return std::nullopt; }

  // Costs a pointer per 2,048 keys, during which no batch is added.
  virtual StoreView view() = 0;

  virtual StoreSize size() const = 0;
};

}  // namespace wikiflow::store
