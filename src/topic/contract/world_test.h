// What the contract of topics is tested with: a broker under test, a listener that remembers, and the
// fixture.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "topic/partition_hash.h"
#include "topic/topic.h"

namespace wikiflow::topic {

using std::chrono::milliseconds;

// Long enough for a broker on a loaded machine; no test waits so long when all is well.
constexpr std::chrono::seconds kPatience{60};
constexpr milliseconds kMoment{50};

// One broker under test.
class ContractWorld {
 public:
  virtual ~ContractWorld() = default;
  virtual Broker& broker() = 0;
  virtual Metrics& metrics() = 0;
  // The broker as a process sees it that was started again.
  virtual Broker& restarted() = 0;
  // Removes the records before `beginning`, as retention does.
  virtual void expire(const std::string& topic, Partition partition, Offset beginning) = 0;
  virtual std::optional<Offset> committed(const std::string& group, const std::string& topic,
                                          Partition partition) = 0;
};

struct WorldMaker {
  std::string name;
  std::function<std::unique_ptr<ContractWorld>()> make;
};

inline std::string world_name(const testing::TestParamInfo<WorldMaker>& info) { return info.param.name; }
// NOLINTNEXTLINE(readability-identifier-naming): googletest looks for this name
inline void PrintTo(const WorldMaker& maker, std::ostream* out) { *out << maker.name; }

struct Received {
  Partition partition;
  Offset offset;
  std::string key;
  std::string value;
};

template <typename T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  return std::move(*result);
}

inline bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds{1});
  }
  return true;
}

// Keeps positions as a store would, and what happened.
class RememberingListener final : public AssignmentListener {
 public:
  // Shared by the members of a group.
  struct Store {
    std::mutex mutex;
    std::map<Partition, Offset> next;
    std::multiset<std::pair<Partition, Offset>> counted;
    std::map<Partition, const void*> owner;
    bool owned_twice = false;
  };

  explicit RememberingListener(Store& store) : store_(store) {}

  Result<std::vector<std::pair<Partition, Offset>>> assigned(std::span<const Partition> partitions) override {
    if (refuse) return transient("the store is away");
    const std::lock_guard lock(store_.mutex);
    std::vector<std::pair<Partition, Offset>> positions;
    for (const Partition partition : partitions) {
      if (store_.owner.contains(partition)) store_.owned_twice = true;
      store_.owner[partition] = this;
      positions.emplace_back(partition, store_.next[partition]);
    }
    owned += static_cast<int>(partitions.size());
    return positions;
  }
  void revoked(std::span<const Partition> partitions) override {
    drop(partitions);
    revocations += static_cast<int>(partitions.size());
  }
  void lost(std::span<const Partition> partitions) override {
    drop(partitions);
    losses += static_cast<int>(partitions.size());
  }

  // Counts a batch as the tally does.
  void count(const Batch& batch) {
    const std::lock_guard lock(store_.mutex);
    for (const Record& record : batch.records()) store_.counted.emplace(batch.partition(), record.offset);
    store_.next[batch.partition()] = batch.next();
  }

  std::atomic<int> owned{0};
  std::atomic<int> revocations{0};
  std::atomic<int> losses{0};
  std::atomic<bool> refuse{false};

 private:
  void drop(std::span<const Partition> partitions) {
    const std::lock_guard lock(store_.mutex);
    for (const Partition partition : partitions) store_.owner.erase(partition);
    owned -= static_cast<int>(partitions.size());
  }

  Store& store_;
};

// The error that reading comes to.
inline std::optional<Error> failure_of(Reader& reader) {
  std::optional<Error> error;
  EXPECT_TRUE(eventually([&] {
    auto batch = reader.next(kMoment, {});
    if (!batch) error = batch.error();
    return error.has_value();
  }));
  return error;
}

class TopicContract : public testing::TestWithParam<WorldMaker> {
 protected:
  void SetUp() override { world_ = GetParam().make(); }

  // A topic of its own for each call.
  std::string topic_of(int partitions) {
    static std::atomic<int> last{0};
    static const auto run = std::chrono::system_clock::now().time_since_epoch().count();
    const std::string name = "contract." + std::to_string(run) + "." + std::to_string(++last);
    const auto state = value_of(broker().ensure(spec_of(name, partitions), kPatience));
    EXPECT_TRUE(state.created);
    EXPECT_EQ(state.partitions, partitions);
    return name;
  }

  static TopicSpec spec_of(const std::string& name, int partitions) {
    TopicSpec spec;
    spec.name = name;
    spec.partitions = partitions;
    spec.retention = std::chrono::hours{24};
    return spec;
  }

  Broker& broker() { return world_->broker(); }

  static void send(Writer& writer, std::string_view key, std::string_view value,
                   std::span<const Header> headers = {}) {
    const auto sent = writer.send({key, value, headers}, {});
    ASSERT_TRUE(sent) << sent.error().what;
  }

  static void flush(Writer& writer) {
    const auto flushed = writer.flush(kPatience);
    ASSERT_TRUE(flushed) << flushed.error().what;
  }

  // `count` records, spread over the partitions, acknowledged.
  void fill(const std::string& topic, int count) {
    const auto writer = value_of(broker().writer(topic));
    for (int i = 0; i < count; ++i) send(*writer, "key " + std::to_string(i), "value " + std::to_string(i));
    flush(*writer);
  }

  static ReaderOptions reader_options(int batches_in_work = 5, std::size_t max_batch_records = 4096) {
    ReaderOptions options;
    options.group = "contract-group";
    options.batches_in_work = batches_in_work;
    options.max_batch_records = max_batch_records;
    return options;
  }

  static std::optional<Batch> next(Reader& reader, milliseconds wait = kPatience) {
    return value_of(reader.next(wait, {}));
  }

  static std::vector<Received> read(Reader& reader, std::size_t count) {
    std::vector<Received> all;
    while (all.size() < count) {
      const auto batch = next(reader);
      if (!batch) break;
      for (const Record& record : batch->records()) {
        all.push_back(
            {batch->partition(), record.offset, std::string(record.key), std::string(record.value)});
      }
    }
    return all;
  }

  std::unique_ptr<ContractWorld> world_;
};

}  // namespace wikiflow::topic
