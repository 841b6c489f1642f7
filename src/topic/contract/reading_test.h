// Reading all partitions: batches, order, stops, restarts, where reading begins.

#pragma once

#include "topic/contract/world_test.h"

namespace wikiflow::topic {

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

TEST_P(TopicContract, RefusesToReadATopicThatIsNotThere) {
  const auto reader = broker().reader("contract.no-such-topic", reader_options());
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().kind, ErrorKind::fatal);
  EXPECT_THAT(reader.error().what, testing::HasSubstr("contract.no-such-topic"));
}

}  // namespace wikiflow::topic
