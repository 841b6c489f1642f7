// What the fake's broker, writers and readers share: topics, faults and one mutex over all of it.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/time.h"
#include "topic/ack_window.h"
#include "topic/fake/fake.h"
#include "topic/group.h"
#include "topic/in_process_reader.h"

namespace wikiflow::topic {

// A record on its way from a writer into the log.
struct FakePending {
  std::uint64_t sequence = 0;
  Partition partition;
  FakeRecord record;
};

// What a writer shares with the broker that acknowledges and fails it.
struct FakeWriterState {
  explicit FakeWriterState(std::size_t in_flight) : acks(in_flight) {}
  AckWindow acks;
  std::uint64_t taken = 0;
  std::uint64_t refused = 0;
  std::vector<RefusedRecord> refused_records;  // not taken yet
  std::optional<std::string> failure;
  std::deque<FakePending> pending;      // taken while the broker was away
  std::vector<FakePending> reordering;  // waiting for the window to fill
  std::set<std::uint64_t> held;         // in the log, acknowledgement held back
};

struct FakePartition {
  std::int64_t beginning = 0;
  std::deque<std::shared_ptr<const FakeRecord>> records;
  std::int64_t end() const { return beginning + static_cast<std::int64_t>(records.size()); }
};

struct FakeTopic {
  std::string name;
  std::string generation = "first";
  std::vector<FakePartition> partitions;
  std::vector<std::weak_ptr<FakeWriterState>> writers;
  std::vector<InProcessReader*> readers;  // registered as long as they live
};

class FakeState {
 public:
  FakeState(Metrics& m, Clock& c, FakeOptions o) : metrics(m), clock(c), options(o) {}

  // All below under `mutex`.
  FakeTopic* find(const std::string& topic);
  Group& group(const std::string& name, FakeTopic& topic);
  void deliver(FakeTopic& topic, FakeWriterState& writer, FakePending pending);
  void append(FakeTopic& topic, Partition partition, FakeRecord record);
  void flush_reordering(FakeTopic& topic, FakeWriterState& writer);
  void flush_pending();
  bool is_away(Partition partition) const { return away || partitions_away.contains(partition); }
  void wake_readers();
  static std::vector<std::shared_ptr<FakeWriterState>> writers_of(FakeTopic& topic);

  Metrics& metrics;
  Clock& clock;
  const FakeOptions options;

  mutable std::mutex mutex;
  std::condition_variable_any moved;  // an acknowledgement, a failure
  std::map<std::string, std::unique_ptr<FakeTopic>> topics;
  std::map<std::pair<std::string, std::string>, std::map<Partition, Offset>> commits;  // by group and topic
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Group>> groups;
  bool away = false;
  std::set<Partition> partitions_away;
  bool gate_open = true;
  bool hold_acknowledgements = false;
  int fail_next_sends = 0;
  int refuse_next = 0;
  int duplicate_every = 0;
  std::uint64_t appended = 0;  // for duplicate_every
  std::size_t reorder = 0;
  int blocked_sends = 0;
  std::int32_t keyless = 0;  // where the next record without a key goes

 private:
  void acknowledge(FakeWriterState& writer, std::uint64_t sequence);
};

std::unique_ptr<Writer> make_fake_writer(std::shared_ptr<FakeState> state, FakeTopic& topic);
std::unique_ptr<Reader> make_fake_reader(std::shared_ptr<FakeState> state, FakeTopic& topic,
                                         const ReaderOptions& options);

}  // namespace wikiflow::topic
