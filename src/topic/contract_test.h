// What every topic keeps, whatever it is made of: one set of tests over the fake, the local log and Kafka.
//
// A program includes this once and names its worlds:
//   INSTANTIATE_TEST_SUITE_P(Fake, TopicContract, testing::Values(WorldMaker{"Plain", make_fake_world}),
//   world_name);

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

TEST_P(TopicContract, KeepsTheRecordsOfAKeyInOrderInOnePartition) {
  const std::string topic = topic_of(6);
  const auto writer = value_of(broker().writer(topic));
  constexpr int kRecords = 3000;
  for (int i = 0; i < kRecords; ++i) send(*writer, "key " + std::to_string(i % 50), std::to_string(i));
  flush(*writer);
  const auto reader = value_of(broker().reader(topic, reader_options()));
  const auto all = read(*reader, kRecords);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kRecords));
  std::map<std::string, int> last;
  for (const Received& record : all) {
    EXPECT_EQ(record.partition, partition_of(record.key, 6)) << record.key;
    const int number = std::stoi(record.value);
    const auto [entry, first] = last.try_emplace(record.key, -1);
    EXPECT_LT(entry->second, number) << record.key;
    entry->second = number;
  }
}

// Kafka's Java client, `Utils.toPositive(Utils.murmur2(key)) % 6`.
TEST_P(TopicContract, PicksThePartitionThatJavaClientsPick) {
  const std::string topic = topic_of(6);
  const auto writer = value_of(broker().writer(topic));
  const std::map<std::string, std::int32_t> known{
      {"21", ((-973932308) & 0x7fffffff) % 6},
      {"foobar", ((-790332482) & 0x7fffffff) % 6},
      {"a-little-bit-long-string", ((-985981536) & 0x7fffffff) % 6},
      {"a-little-bit-longer-string", ((-1486304829) & 0x7fffffff) % 6},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", ((-58897971) & 0x7fffffff) % 6},
      {"abc", 479470107 % 6},
  };
  for (const auto& [key, partition] : known) send(*writer, key, "x");
  flush(*writer);
  const auto reader = value_of(broker().reader(topic, reader_options()));
  const auto all = read(*reader, known.size());
  ASSERT_EQ(all.size(), known.size());
  for (const Received& record : all) EXPECT_EQ(record.partition.number, known.at(record.key)) << record.key;
}

TEST_P(TopicContract, BringsHeadersBackByteForByte) {
  const std::string topic = topic_of(1);
  const auto writer = value_of(broker().writer(topic));
  const std::string binary("\x00\xff\x7f\n", 4);
  const std::vector<Header> headers{{"id", "first"}, {"binary", binary}, {"empty", ""}, {"id", "last"}};
  send(*writer, "k", "with", headers);
  send(*writer, "k", "without");
  flush(*writer);
  const auto reader = value_of(broker().reader(topic, reader_options()));
  std::map<std::string, std::vector<std::optional<std::string>>> found;
  while (found.size() < 2) {
    const auto batch = next(*reader);
    ASSERT_TRUE(batch);
    for (const Record& record : batch->records()) {
      for (const char* name : {"id", "binary", "empty", "missing"}) {
        found[std::string(record.value)].emplace_back(batch->header(record, name));
      }
    }
  }
  EXPECT_THAT(found["with"], testing::ElementsAre("last", binary, "", std::nullopt));
  EXPECT_THAT(found["without"], testing::Each(std::nullopt));
}

TEST_P(TopicContract, TakesEmptyAndBinaryKeysAndValues) {
  const std::string topic = topic_of(2);
  const auto writer = value_of(broker().writer(topic));
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  const std::vector<std::pair<std::string, std::string>> sent{
      {"", ""}, {"", "value only"}, {"key only", ""}, {bytes, bytes}, {"큰 Größe", "\xf0\x9f\x92\xa1"}};
  for (const auto& [key, value] : sent) send(*writer, key, value);
  flush(*writer);
  const auto reader = value_of(broker().reader(topic, reader_options()));
  std::vector<std::pair<std::string, std::string>> got;
  for (auto& record : read(*reader, sent.size())) got.emplace_back(record.key, record.value);
  EXPECT_THAT(got, testing::UnorderedElementsAreArray(sent));
}

TEST_P(TopicContract, RefusesARecordThatIsTooLargeAloneAndGoesOn) {
  const std::string topic = topic_of(1);
  const auto writer = value_of(broker().writer(topic));
  send(*writer, "k", "before");
  const std::string large(2'000'000, 'x');
  const auto refused = writer->send({"k", large, {}}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(refused.error().what, testing::HasSubstr("2000001"));
  const std::string just_fits(899'000, 'y');
  send(*writer, "k", just_fits);
  flush(*writer);
  EXPECT_EQ(writer->acknowledged(), 2U);
  EXPECT_EQ(writer->refused(), 0U);
  const auto reader = value_of(broker().reader(topic, reader_options()));
  const auto all = read(*reader, 2);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].value, just_fits);
}

TEST_P(TopicContract, HandsOutOffsetsWithoutHolesAndTellsTheNext) {
  const std::string topic = topic_of(3);
  constexpr int kRecords = 1000;
  const auto before = system_clock().now() - std::chrono::hours{1};
  fill(topic, kRecords);
  const auto reader = value_of(broker().reader(topic, reader_options(2, 7)));
  std::map<Partition, Offset> position;
  for (int seen = 0; seen < kRecords;) {
    const auto batch = next(*reader);
    ASSERT_TRUE(batch);
    EXPECT_LE(batch->records().size(), 7U);
    for (const Record& record : batch->records()) {
      EXPECT_EQ(record.offset, position[batch->partition()]);
      ++position[batch->partition()].value;
      EXPECT_GT(record.time, before);
      ++seen;
    }
    EXPECT_EQ(batch->next(), position[batch->partition()]);
  }
  for (const Progress& progress : reader->progress()) EXPECT_EQ(progress.next, position[progress.partition]);
}

TEST_P(TopicContract, BeginsWhereItIsToldAndNeverBeyondTheEnd) {
  const std::string topic = topic_of(2);
  fill(topic, 100);
  std::map<Partition, std::int64_t> ends;
  {
    const auto reader = value_of(broker().reader(topic, reader_options()));
    ASSERT_EQ(read(*reader, 100).size(), 100U);
    for (const Progress& progress : reader->progress()) ends[progress.partition] = progress.next.value;
  }
  world_->expire(topic, Partition{1}, Offset{5});
  const auto first_offsets = [&](std::map<Partition, Offset> start) {
    auto options = reader_options();
    options.start = std::move(start);
    const auto reader = value_of(broker().reader(topic, options));
    std::map<Partition, std::int64_t> first;
    while (first.size() < 2) {
      const auto batch = next(*reader);
      if (!batch) break;
      first.try_emplace(batch->partition(), batch->records().front().offset.value);
    }
    return first;
  };
  using Firsts = std::map<Partition, std::int64_t>;
  EXPECT_EQ(first_offsets({{{0}, {7}}, {{1}, {9}}}), (Firsts{{{0}, 7}, {{1}, 9}}));
  EXPECT_EQ(first_offsets({{{0}, {7}}}), (Firsts{{{0}, 7}, {{1}, 5}})) << "not named: the beginning";
  EXPECT_EQ(first_offsets({{{1}, {2}}}), (Firsts{{{0}, 0}, {{1}, 5}})) << "no longer there: the beginning";

  auto beyond = reader_options();
  beyond.start = {{{0}, {ends[{0}] + 3}}};
  auto reader = broker().reader(topic, beyond);
  std::optional<Error> error;
  if (!reader) error = reader.error();
  while (!error) {
    const auto batch = (*reader)->next(kPatience, {});
    if (!batch) error = batch.error();
  }
  EXPECT_EQ(error->kind, ErrorKind::fatal);
  EXPECT_THAT(error->what, testing::HasSubstr("offset"));
}

TEST_P(TopicContract, TellsATopicFromAnotherAndKnowsItAgain) {
  const std::string topic = topic_of(1);
  const auto generation = value_of(broker().ensure(spec_of(topic, 1), kPatience)).generation;
  EXPECT_NE(generation, "");
  EXPECT_EQ(value_of(world_->restarted().ensure(spec_of(topic, 1), kPatience)).generation, generation);
}

TEST_P(TopicContract, SharesPartitionsOutToAReaderThatIsIdleAndHandsItNothing) {
  const std::string topic = topic_of(2);
  fill(topic, 20);
  RememberingListener::Store store;
  RememberingListener listener(store);
  auto options = reader_options();
  options.listener = &listener;
  options.idle = true;
  const auto reader = value_of(broker().reader(topic, options));
  EXPECT_TRUE(eventually([&] { return listener.owned == 2; }));
  EXPECT_FALSE(next(*reader, kMoment));
  EXPECT_FALSE(reader->trouble());
  reader->commit(Partition{1}, Offset{3});
  ASSERT_TRUE(reader->flush_commits(kPatience));
  EXPECT_EQ(world_->committed(options.group, topic, Partition{1}), Offset{3});
}

TEST_P(TopicContract, AcknowledgesEverythingOnFlush) {
  const std::string topic = topic_of(6);
  const auto writer = value_of(broker().writer(topic));
  EXPECT_EQ(writer->acknowledged(), 0U);
  flush(*writer);
  std::uint64_t last = 0;
  for (int i = 0; i < 20'000; ++i) {
    send(*writer, std::to_string(i), "v");
    const auto now = writer->acknowledged();
    ASSERT_GE(now, last);
    ASSERT_LE(now, static_cast<std::uint64_t>(i + 1));
    last = now;
  }
  flush(*writer);
  EXPECT_EQ(writer->acknowledged(), 20'000U);
  EXPECT_FALSE(writer->trouble());
}

TEST_P(TopicContract, NeverHandsOutMoreBatchesThanAllowed) {
  const std::string topic = topic_of(6);
  fill(topic, 600);
  for (const int allowed : {5, 1}) {
    const auto reader = value_of(broker().reader(topic, reader_options(allowed, 10)));
    std::vector<Batch> out;
    std::set<Partition> partitions;
    for (int i = 0; i < allowed; ++i) {
      auto batch = next(*reader);
      ASSERT_TRUE(batch);
      EXPECT_TRUE(partitions.insert(batch->partition()).second) << "a partition is out twice";
      out.push_back(std::move(*batch));
    }
    EXPECT_EQ(world_->metrics().gauge("wikiflow_batches_in_work", "").Value(), allowed);
    EXPECT_FALSE(next(*reader, kMoment)) << "more batches than allowed";
    out.pop_back();
    EXPECT_TRUE(next(*reader)) << "a place was free";
    out.clear();
    EXPECT_EQ(world_->metrics().gauge("wikiflow_batches_in_work", "").Value(), 0);
  }
}

TEST_P(TopicContract, LetsThePartitionsNextBatchOutOnlyAfterTheLastCameBack) {
  const std::string topic = topic_of(1);
  fill(topic, 30);
  const auto reader = value_of(broker().reader(topic, reader_options(5, 10)));
  std::int64_t expected = 0;
  while (expected < 30) {
    const auto batch = next(*reader);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->records().front().offset.value, expected);
    expected = batch->next().value;
    EXPECT_FALSE(next(*reader, milliseconds{5})) << "the partition is out twice";
  }
}

TEST_P(TopicContract, KeepsEachPartitionInOrderAndAloneUnderManyThreads) {
  const std::string topic = topic_of(6);
  constexpr int kRecords = 20'000;
  fill(topic, kRecords);
  for (const int allowed : {5, 1}) {
    const auto reader = value_of(broker().reader(topic, reader_options(allowed, 50)));
    std::array<std::atomic<bool>, 6> out{};
    std::array<std::atomic<std::int64_t>, 6> position{};
    std::atomic<int> in_work{0};
    std::atomic<int> most{0};
    std::atomic<int> seen{0};
    std::atomic<bool> wrong{false};
    const auto work = [&] {
      while (seen < kRecords && !wrong) {
        const auto batch = value_of(reader->next(milliseconds{20}, {}));
        if (!batch) continue;
        const auto now = ++in_work;
        for (auto before = most.load(); before < now && !most.compare_exchange_weak(before, now);) {
        }
        const auto index = static_cast<std::size_t>(batch->partition().number);
        if (out.at(index).exchange(true)) wrong = true;
        for (const Record& record : batch->records()) {
          if (record.offset.value != position.at(index)++) wrong = true;
        }
        seen += static_cast<int>(batch->records().size());
        out.at(index) = false;
        --in_work;
      }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 5; ++i) threads.emplace_back(work);
    for (auto& thread : threads) thread.join();
    EXPECT_FALSE(wrong);
    EXPECT_EQ(seen, kRecords);
    EXPECT_LE(most, allowed);
  }
}

TEST_P(TopicContract, WakesAReaderThatWaitsForARecord) {
  const std::string topic = topic_of(6);
  const auto reader = value_of(broker().reader(topic, reader_options()));
  std::optional<std::string> got;
  std::thread waiter([&] {
    const auto batch = next(*reader);
    if (batch) got = batch->records().front().value;
  });
  fill(topic, 1);
  waiter.join();
  EXPECT_EQ(got, "value 0");
}

TEST_P(TopicContract, EndsAWaitWhenStopIsRequested) {
  const std::string topic = topic_of(1);
  const auto reader = value_of(broker().reader(topic, reader_options()));
  std::stop_source stop;
  bool nothing = false;
  std::thread waiter([&] { nothing = !value_of(reader->next(std::chrono::hours{24}, stop.get_token())); });
  stop.request_stop();
  waiter.join();
  EXPECT_TRUE(nothing);
}

TEST_P(TopicContract, ReadsEverythingAgainAfterARestart) {
  const std::string topic = topic_of(4);
  fill(topic, 500);
  {
    const auto reader = value_of(broker().reader(topic, reader_options()));
    ASSERT_EQ(read(*reader, 500).size(), 500U);
    for (int i = 0; i < 4; ++i) reader->commit({i}, {1});
    ASSERT_TRUE(reader->flush_commits(kPatience));
  }
  const auto reader = value_of(world_->restarted().reader(topic, reader_options()));
  const auto all = read(*reader, 500);
  std::set<std::string> values;
  for (const Received& record : all) values.insert(record.value);
  EXPECT_EQ(all.size(), 500U);
  EXPECT_EQ(values.size(), 500U);
}

TEST_P(TopicContract, GoesOnWritingAtTheEndAfterARestart) {
  const std::string topic = topic_of(1);
  fill(topic, 10);
  const auto writer = value_of(world_->restarted().writer(topic));
  send(*writer, "k", "new");
  flush(*writer);
  const auto reader = value_of(world_->broker().reader(topic, reader_options()));
  const auto all = read(*reader, 11);
  ASSERT_EQ(all.size(), 11U);
  EXPECT_EQ(all.back().value, "new");
  EXPECT_EQ(all.back().offset.value, 10);
}

TEST_P(TopicContract, KeepsTheNewestCommitOfTheGroup) {
  const std::string topic = topic_of(3);
  fill(topic, 100);
  const auto reader = value_of(broker().reader(topic, reader_options()));
  for (std::int64_t offset = 1; offset <= 10; ++offset) reader->commit({1}, {offset});
  reader->commit({2}, {3});
  const auto flushed = reader->flush_commits(kPatience);
  ASSERT_TRUE(flushed) << flushed.error().what;
  EXPECT_EQ(world_->committed("contract-group", topic, {0}), std::nullopt);
  EXPECT_EQ(world_->committed("contract-group", topic, {1}), Offset{10});
  EXPECT_EQ(world_->committed("contract-group", topic, {2}), Offset{3});
}

TEST_P(TopicContract, ShowsWhereReadingStandsAndHowFarTheLogGoes) {
  const std::string topic = topic_of(2);
  fill(topic, 100);
  const auto reader = value_of(broker().reader(topic, reader_options()));
  EXPECT_EQ(reader->progress().size(), 2U);
  ASSERT_EQ(read(*reader, 100).size(), 100U);
  const auto at_end = [&] {
    const auto progress = reader->progress();
    std::int64_t total = 0;
    for (const Progress& one : progress) total += one.next.value;
    return total == 100 && std::ranges::all_of(progress, [](const Progress& one) {
             return one.end_known && one.next == one.end && one.beginning.value == 0;
           });
  };
  EXPECT_TRUE(eventually(at_end));
  const SteadyTime drained = reader->last_contact();
  EXPECT_TRUE(eventually([&] { return reader->last_contact() > drained; }))
      << "contact while nothing is to be read";
  EXPECT_FALSE(reader->trouble());
  fill(topic, 10);
  EXPECT_TRUE(eventually([&] {
    std::int64_t end = 0;
    for (const Progress& one : reader->progress()) end += one.end.value;
    return end == 110;
  }));
}

TEST_P(TopicContract, BeginsWhereTheLogBegins) {
  const std::string topic = topic_of(1);
  fill(topic, 100);
  world_->expire(topic, {0}, {60});
  const auto reader = value_of(broker().reader(topic, reader_options()));
  const auto all = read(*reader, 40);
  ASSERT_EQ(all.size(), 40U);
  EXPECT_EQ(all.front().offset.value, 60);
  EXPECT_TRUE(eventually([&] { return reader->progress().front().beginning == Offset{60}; }));
}

TEST_P(TopicContract, TellsTheTailsOfAllPartitionsWithTheirHeaders) {
  const std::string topic = topic_of(3);
  constexpr int kRecords = 3000;
  {
    const auto writer = value_of(broker().writer(topic));
    for (int i = 0; i < kRecords; ++i) {
      const std::string number = std::to_string(i);
      const std::string bytes("\0\xff", 2);
      const std::array headers{Header{"number", "overruled"}, Header{"number", number},
                               Header{"bytes", bytes}, Header{"empty", ""}};
      // Nothing for partition 2 of what follows from the key: it stays short.
      if (partition_of(number, 3) != Partition{2} || i < 30) send(*writer, number, "v", headers);
    }
    flush(*writer);
  }
  world_->expire(topic, {0}, {100});
  const auto tails = value_of(broker().tails(topic, 500, kPatience));
  ASSERT_EQ(tails.size(), 3U);
  std::map<std::int32_t, std::vector<std::string>> expected;
  for (int i = 0; i < kRecords; ++i) {
    const Partition partition = partition_of(std::to_string(i), 3);
    if (partition != Partition{2} || i < 30) expected[partition.number].push_back(std::to_string(i));
  }
  for (const Tail& tail : tails) {
    const auto& all = expected[tail.partition.number];
    EXPECT_EQ(tail.partition.number, &tail - tails.data());
    EXPECT_EQ(tail.beginning.value, tail.partition.number == 0 ? 100 : 0);
    EXPECT_EQ(tail.end.value, static_cast<std::int64_t>(all.size()));
    ASSERT_EQ(tail.records.size(), std::min<std::size_t>(500, all.size()));
    for (std::size_t n = 0; n < tail.records.size(); ++n) {
      const Tail::Entry& record = tail.records[tail.records.size() - 1 - n];
      EXPECT_EQ(record.offset.value, tail.end.value - 1 - static_cast<std::int64_t>(n));
      EXPECT_EQ(record.header("number"), all[all.size() - 1 - n]);
      EXPECT_EQ(record.header("bytes"), std::string_view("\0\xff", 2));
      EXPECT_EQ(record.header("empty"), "");
      EXPECT_EQ(record.header("none"), std::nullopt);
      EXPECT_GT(record.time, system_clock().now() - std::chrono::hours{1});
    }
  }
}

TEST_P(TopicContract, TellsTailsThatReachBackOnlyAsFarAsTheLog) {
  const std::string topic = topic_of(1);
  for (const Tail& tail : value_of(broker().tails(topic, 10, kPatience))) {
    EXPECT_EQ(tail.end.value, 0);
    EXPECT_TRUE(tail.records.empty());
  }
  fill(topic, 100);
  world_->expire(topic, {0}, {95});
  auto tail = value_of(broker().tails(topic, 10, kPatience)).at(0);
  EXPECT_EQ(tail.records.size(), 5U);
  world_->expire(topic, {0}, {100});
  tail = value_of(broker().tails(topic, 10, kPatience)).at(0);
  EXPECT_EQ(tail.beginning.value, 100);
  EXPECT_EQ(tail.end.value, 100);
  EXPECT_TRUE(tail.records.empty());
  const auto missing = broker().tails("contract.no-such-topic", 10, kPatience);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::fatal);
}

TEST_P(TopicContract, StartsWhereTheListenerSays) {
  const std::string topic = topic_of(2);
  fill(topic, 200);
  RememberingListener::Store store;
  store.next[{0}] = {20};
  store.next[{1}] = {30};
  RememberingListener listener(store);
  auto options = reader_options();
  options.group = topic;
  options.listener = &listener;
  {
    const auto reader = value_of(broker().reader(topic, options));
    for (const Received& record : read(*reader, 150)) {
      EXPECT_GE(record.offset.value, record.partition.number == 0 ? 20 : 30);
    }
    EXPECT_EQ(listener.owned, 2);
  }
  EXPECT_EQ(listener.owned, 0);
  EXPECT_EQ(listener.revocations, 2);
}

TEST_P(TopicContract, FailsWhenThePositionIsNoLongerInTheLog) {
  const std::string topic = topic_of(1);
  fill(topic, 100);
  world_->expire(topic, {0}, {60});
  RememberingListener::Store store;
  store.next[{0}] = {10};
  RememberingListener listener(store);
  auto options = reader_options();
  options.group = topic;
  options.listener = &listener;
  const auto reader = value_of(broker().reader(topic, options));
  std::optional<Error> error;
  EXPECT_TRUE(eventually([&] {
    auto batch = reader->next(kMoment, {});
    if (!batch) error = batch.error();
    return error.has_value();
  }));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::fatal);
  EXPECT_THAT(error->what, testing::HasSubstr("start again"));
  EXPECT_TRUE(reader->trouble());
}

TEST_P(TopicContract, ReturnsTheListenersErrorAndLeavesTheGroup) {
  const std::string topic = topic_of(2);
  fill(topic, 10);
  RememberingListener::Store store;
  RememberingListener listener(store);
  listener.refuse = true;
  auto options = reader_options();
  options.group = topic;
  options.listener = &listener;
  const auto reader = value_of(broker().reader(topic, options));
  std::optional<Error> error;
  EXPECT_TRUE(eventually([&] {
    auto batch = reader->next(kMoment, {});
    if (!batch) error = batch.error();
    return error.has_value();
  }));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->what, "the store is away");
  RememberingListener other(store);
  options.listener = &other;
  const auto second = value_of(broker().reader(topic, options));
  EXPECT_EQ(read(*second, 10).size(), 10U);
  EXPECT_EQ(other.owned, 2);
}

TEST_P(TopicContract, SharesPartitionsOutAmongAGroupAndCountsEachRecordOnce) {
  const std::string topic = topic_of(6);
  RememberingListener::Store store;
  RememberingListener first(store);
  RememberingListener second(store);
  auto options = reader_options(5, 20);
  options.group = topic;
  const auto pump = [](Reader& reader, RememberingListener& listener) {
    if (const auto batch = next(reader, milliseconds{2})) listener.count(*batch);
  };
  const auto counted = [&store] {
    const std::lock_guard lock(store.mutex);
    return store.counted.size();
  };
  fill(topic, 1000);
  options.listener = &first;
  const auto a = value_of(broker().reader(topic, options));
  EXPECT_TRUE(eventually([&] {
    pump(*a, first);
    return first.owned == 6 && counted() > 100;
  }));
  options.listener = &second;
  auto b = value_of(broker().reader(topic, options));
  EXPECT_TRUE(eventually([&] {
    pump(*a, first);
    pump(*b, second);
    return first.owned == 3 && second.owned == 3 && counted() == 1000;
  }));
  fill(topic, 1000);
  EXPECT_TRUE(eventually([&] {
    pump(*a, first);
    pump(*b, second);
    return counted() == 2000;
  }));
  std::thread leaving([&] { b.reset(); });
  fill(topic, 1000);
  EXPECT_TRUE(eventually([&] {
    pump(*a, first);
    return first.owned == 6 && second.owned == 0 && counted() == 3000;
  }));
  leaving.join();
  const std::lock_guard lock(store.mutex);
  EXPECT_FALSE(store.owned_twice);
  EXPECT_EQ(std::set(store.counted.begin(), store.counted.end()).size(), 3000U)
      << "a record was counted twice";
  EXPECT_EQ(first.losses + second.losses, 0);
}

TEST_P(TopicContract, ChecksATopicAndCreatesItOnlyWhenAllowed) {
  auto spec = spec_of("contract.missing." + topic_of(1), 3);
  spec.create = false;
  const auto missing = broker().ensure(spec, kPatience);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::fatal);
  EXPECT_THAT(missing.error().what, testing::HasSubstr(spec.name));
  spec.create = true;
  EXPECT_TRUE(value_of(broker().ensure(spec, kPatience)).created);
  const auto again = value_of(broker().ensure(spec, kPatience));
  EXPECT_FALSE(again.created);
  EXPECT_THAT(again.warnings, testing::IsEmpty());
  spec.partitions = 5;
  const auto other = value_of(broker().ensure(spec, kPatience));
  EXPECT_EQ(other.partitions, 3);
  EXPECT_THAT(other.warnings, testing::ElementsAre(testing::HasSubstr("3 partitions, not 5")));
}

TEST_P(TopicContract, RefusesToReadATopicThatIsNotThere) {
  const auto reader = broker().reader("contract.no-such-topic", reader_options());
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().kind, ErrorKind::fatal);
  EXPECT_THAT(reader.error().what, testing::HasSubstr("contract.no-such-topic"));
}

}  // namespace wikiflow::topic
