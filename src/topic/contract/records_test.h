// Writing, what comes back of it, and topics themselves.

#pragma once

#include "topic/contract/world_test.h"

namespace wikiflow::topic {

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
    for (int time = 0; time < 2; ++time) {  // also after another record was asked for its own
      for (const Record& record : batch->records()) {
        for (const char* name : {"id", "binary", "empty", "missing"}) {
          found[std::string(record.value)].emplace_back(batch->header(record, name));
        }
      }
    }
  }
  EXPECT_THAT(found["with"],
              testing::ElementsAre("last", binary, "", std::nullopt, "last", binary, "", std::nullopt));
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

TEST_P(TopicContract, TellsATopicFromAnotherAndKnowsItAgain) {
  const std::string topic = topic_of(1);
  const auto generation = value_of(broker().ensure(spec_of(topic, 1), kPatience)).generation;
  EXPECT_NE(generation, "");
  EXPECT_EQ(value_of(world_->restarted().ensure(spec_of(topic, 1), kPatience)).generation, generation);
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

}  // namespace wikiflow::topic
