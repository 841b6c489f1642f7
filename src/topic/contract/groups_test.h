// Reading as a member of a group, and commits.

#pragma once

#include "topic/contract/world_test.h"

namespace wikiflow::topic {

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
  const auto error = failure_of(*reader);
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
  const auto error = failure_of(*reader);
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

}  // namespace wikiflow::topic
