// A Cassandra in memory, for tests: rows with write timestamps, of which the latest wins as on the server.
//
// Several sessions may share one FakeCluster. Writes can be made to fail, wait, come in another order, or be
// done while their acknowledgement is lost. Threads: any.

#pragma once

#include <map>
#include <mutex>
#include <random>
#include <vector>

#include "store/cassandra/session.h"

namespace wikiflow::store::cassandra {

class FakeCluster {
 public:
  struct CountCell {
    std::uint64_t count = 0;
    Offset included{};
    std::int64_t time = 0;
  };

  // The next `n` writes are refused with this; -1: all from now on, 0: none.
  void fail_writes(int n, Error error);
  // Of the next `n` writes the answer is lost: they are done, and reported as transient failures.
  void lose_answers(int n);
  // Writes neither happen nor are answered until release() lets them, in an order drawn from `seed`.
  void hold(bool on);
  void release(std::uint64_t seed);
  void release_first();  // the one that waits longest; the others are lost
  // What is in the tables by now would survive a power cut; cut_power() leaves just that.
  void sync();
  void cut_power();
  // Reads fail with this, until cleared.
  void fail_reads(std::optional<Error> error);

  std::optional<CountCell> count(const Place& place, const std::string& key) const;
  Checkpoints checkpoints(const std::string& generation) const;
  std::size_t count_writes() const;   // rows
  std::size_t largest_batch() const;  // rows
  std::size_t held() const;           // writes that wait

 private:
  friend class FakeSession;
  struct CheckpointCell {
    Checkpoint checkpoint;
    std::int64_t time = 0;
  };
  struct Tables {
    std::map<Place, std::map<std::string, CountCell>> counts;
    std::map<std::pair<std::string, Partition>, CheckpointCell> checkpoints;
    std::map<std::string, std::map<std::int32_t, Identity>> generations;
  };
  void submit(std::function<void()> apply, Done done);
  void perform(const std::function<void()>& apply, const Done& done);

  mutable std::mutex mutex_;
  Tables tables_;
  Tables synced_;
  std::vector<std::pair<std::function<void()>, Done>> waiting_;
  bool hold_ = false;
  int failing_ = 0;
  Error failure_{ErrorKind::transient, "away"};
  int losing_ = 0;
  std::optional<Error> read_failure_;
  std::size_t count_writes_ = 0;
  std::size_t largest_batch_ = 0;
};

class FakeSession final : public Session {
 public:
  explicit FakeSession(std::shared_ptr<FakeCluster> cluster) : cluster_(std::move(cluster)) {}

  void write_counts(const Place& place, std::span<const CountRow> rows, Done done) override;
  void write_checkpoint(const std::string& generation, Partition partition, const Checkpoint& checkpoint,
                        Done done) override;
  Result<void> write_generation(const Generation& generation) override;
  Result<void> read_counts(const Place& place, const std::function<void(const CountRow&)>& row) override;
  Result<Checkpoints> read_checkpoints(const std::string& generation) override;
  Result<std::optional<Generation>> read_generation(const std::string& topic) override;

 private:
  std::shared_ptr<FakeCluster> cluster_;
};

}  // namespace wikiflow::store::cassandra
