// What the readers of logs within this process share: turns, positions, the group, and the first failure. The
// local log and the fake add where records come from.
//
// Threads: as topic::Reader says; fetch() is called by one thread at a time for each partition.

#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "topic/group.h"
#include "topic/rota.h"
#include "topic/topic.h"

namespace wikiflow::topic {

// Gives its turn back when the batch is destroyed.
class TurnLease : public Batch::Lease {
 public:
  TurnLease(Rota& rota, Rota::Turn turn) : rota_(rota), turn_(turn) {}
  ~TurnLease() override {
    if (held_) rota_.give_back(turn_, more_);
  }
  TurnLease(const TurnLease&) = delete;
  TurnLease& operator=(const TurnLease&) = delete;

  // Whether records are left behind those of this batch.
  void set_more(bool more) { more_ = more; }
  // No batch came of it: the turn stays with whoever took it.
  void leave_turn() { held_ = false; }

 private:
  Rota& rota_;
  const Rota::Turn turn_;
  bool more_ = false;
  bool held_ = true;
};

class InProcessReader : public Reader, private GroupFollower::Rider {
 public:
  Result<std::optional<Batch>> next(std::chrono::milliseconds wait, std::stop_token stop) final;

  // New records may be there.
  void wake(Partition partition) { rota_.wake(partition); }

 protected:
  InProcessReader(const ReaderOptions& options, Metrics& metrics);

  // A batch that begins at `from`, whose lease is a TurnLease; nothing when there is no record. An error
  // fails the reader.
  virtual Result<std::optional<Batch>> fetch(Rota::Turn turn, Offset from) = 0;

  // Where a partition is to be read from, as ReaderOptions::start says.
  Offset start_of(Partition partition, Offset beginning) const;

  // To be called at the end of the making, one of them.
  void read(std::span<const std::pair<Partition, Offset>> positions) { begin(positions); }
  void follow(Group& group);
  // To be called first in the destructor.
  void leave();

  Rota& rota() { return rota_; }
  const ReaderOptions& options() const { return options_; }
  std::vector<std::pair<Partition, Offset>> positions() const;
  std::optional<Error> failure() const;

 private:
  void begin(std::span<const std::pair<Partition, Offset>> positions) override;
  bool end(std::span<const Partition> partitions, bool wait) override;
  void failed(Error error) override;
  std::optional<Offset> position(Partition partition) const;
  void moved(Partition partition, Offset from, Offset to);

  const ReaderOptions options_;
  Rota rota_;
  mutable std::mutex mutex_;
  std::map<Partition, Offset> positions_;
  std::optional<Error> failure_;
  std::optional<GroupFollower> follower_;
};

}  // namespace wikiflow::topic
