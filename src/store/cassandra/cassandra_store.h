// Counts in Cassandra, with all of them in memory too: for several consumers of one topic.
//
// Every instance counts every partition from the log; only a partition's owner writes its rows. A flush
// writes each key that changed once, with its absolute count and the offset up to which that is the count,
// and the checkpoint after all rows are acknowledged. The checkpoint that is written is the one of
// `sync_period` ago: Cassandra acknowledges before its commit log is on disk, and a checkpoint must not
// outlive its rows. After a flush that failed for silence, what was acknowledged before may be gone, as when
// servers have lost power: everything beyond the checkpoint is written again.
//
// So rows may include more than the checkpoint, never less. Recovery reads the checkpoint first and the rows
// then: in the other order, an owner that writes in between would move the checkpoint past rows that were
// read before. What a row includes already is skipped, key by key, while the log is read again; when all of
// it is, the sum over the domains must be what the checkpoint says, or counts are wrong and the store says
// so.
//
// Bounds: 64 batches of at most 100 rows under way. Memory: about 40 bytes for each key and partition beyond
// the totals.

#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "base/metrics.h"
#include "base/time.h"
#include "count/totals.h"
#include "store/adder.h"
#include "store/cassandra/partition_counts.h"
#include "store/cassandra/session.h"
#include "store/cassandra/window.h"
#include "store/count_store.h"

namespace wikiflow::store::cassandra {

struct StoreOptions {
  std::chrono::milliseconds sync_period{10'000};  // commitlog_sync_period of the servers; 0: batch or group
  std::chrono::milliseconds retry_first{50};
  std::chrono::milliseconds retry_cap{2'000};
  std::size_t reads_at_once = 8;  // at a recovery
  std::stop_token stop{};         // open() gives up once it is requested, with a transient error
};

using Connect = std::function<Result<std::unique_ptr<Session>>()>;

class CassandraStore final : public CountStore {
 public:
  // Clock and metrics outlive the object, and what it has under way when it goes.
  CassandraStore(Connect connect, const StoreOptions& options, Clock& clock, Metrics& metrics);

  Result<Checkpoints> open(const Identity& identity) override;
  Result<void> add(Partition partition, std::span<const Item> items, const Checkpoint& after) override;
  using CountStore::flush;
  Result<std::map<Partition, Offset>> flush(const FlushLimits& limits) override;
  bool shared() const override { return true; }
  void own(std::span<const Partition> partitions) override;
  std::map<Partition, Offset> release(std::span<const Partition> partitions,
                                      std::chrono::milliseconds limit) override;
  Offset replayed_to(Partition partition) const override;
  std::optional<std::string> trouble() const override;
  StoreView view() override;
  StoreSize size() const override;

 private:
  struct Batch;
  struct Flight;
  class Patience;

  Result<std::string> find_generation(const Identity& identity);
  void load(const Place& place, std::span<const CountRow> rows);
  Result<void> check(Partition partition, PartitionCounts& counts);
  void add_again(PartitionCounts& counts, std::span<const Item> items);
  std::vector<Batch> take_batches(std::map<Partition, Checkpoint>& at);
  Result<void> send(const std::vector<Batch>& batches, const FlushLimits& limits, SteadyTime deadline);
  void give_back(const std::vector<Batch>& batches, const std::vector<bool>& done);
  Result<void> write_checkpoints(SteadyTime deadline);
  Result<std::map<Partition, Offset>> flush_alone(const FlushLimits& limits, SteadyTime deadline);
  Result<void> take_over();
  void silent(bool was);
  void distrust();

  const Connect connect_;
  const StoreOptions options_;
  Clock& clock_;
  prometheus::Counter& rows_;
  prometheus::Counter& failed_;
  prometheus::Counter& handed_over_unwritten_;
  prometheus::Histogram& write_seconds_;
  const std::shared_ptr<Window> window_;
  std::unique_ptr<Session> session_;
  std::string generation_;

  mutable std::mutex mutex_;  // around all below
  std::condition_variable flushed_;
  bool flushing_ = false;
  bool silent_ = false;  // the last flush: Cassandra acknowledged nothing, or nothing for too long
  count::Totals totals_;
  Adder adder_;
  std::map<Partition, PartitionCounts> partitions_;
  std::optional<std::string> trouble_;
};

}  // namespace wikiflow::store::cassandra
