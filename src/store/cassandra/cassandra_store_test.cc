#include "store/cassandra/cassandra_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/clock_fake.h"
#include "base/eventually.h"
#include "store/cassandra/places.h"
#include "store/cassandra/session_fake.h"
#include "store/lasting_contract_test.h"

namespace wikiflow::store::cassandra {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr auto kLimit = 10s;
constexpr Partition kFirst{0};

// One cluster, to which every store that is made connects.
struct World {
  Metrics metrics;
  std::shared_ptr<FakeCluster> cluster = std::make_shared<FakeCluster>();
  FakeClock clock;

  std::unique_ptr<CassandraStore> make(std::chrono::milliseconds sync_period = 0ms) {
    return std::make_unique<CassandraStore>(
        [this]() -> Result<std::unique_ptr<Session>> { return std::make_unique<FakeSession>(cluster); },
        StoreOptions{.sync_period = sync_period, .retry_first = 1ms, .retry_cap = 1ms}, clock, metrics);
  }
  std::unique_ptr<CassandraStore> opened(std::chrono::milliseconds sync_period = 0ms) {
    auto store = make(sync_period);
    const auto result = store->open(test_identity());
    EXPECT_TRUE(result) << result.error().what;
    return store;
  }
  std::unique_ptr<CassandraStore> owner(std::chrono::milliseconds sync_period = 0ms) {
    auto store = opened(sync_period);
    store->own(std::array{kFirst});
    return store;
  }
  std::string generation() const { return generation_name(test_identity(), 1); }
  std::optional<FakeCluster::CountCell> user(const std::string& name) const {
    return cluster->count({generation(), kFirst, Kind::user, bucket_of(Kind::user, name)}, name);
  }
  // All that was acknowledged since the last sync() is lost, and nothing is taken until power_back().
  void cut_power() const {
    cluster->cut_power();
    cluster->fail_writes(-1, {ErrorKind::transient, "no such node"});
  }
  void power_back() const { cluster->fail_writes(0, {ErrorKind::transient, ""}); }
  Offset checkpoint() const { return cluster->checkpoints(generation())[kFirst].next; }
};

struct FakePlace {
  static constexpr bool kLasting = true;
  World world;
  std::unique_ptr<CountStore> make() { return world.make(); }
};
INSTANTIATE_TYPED_TEST_SUITE_P(CassandraFake, CountStoreContract, FakePlace);
INSTANTIATE_TYPED_TEST_SUITE_P(CassandraFake, LastingStoreContract, FakePlace);

// The log of these tests: record n is of domain d and of user u<n % 3>.
std::vector<Item> log(std::int64_t from, std::int64_t to) {
  static const std::array<std::string, 3> users{"u0", "u1", "u2"};
  std::vector<Item> items;
  for (std::int64_t n = from; n < to; ++n) {
    items.push_back({Offset{n}, {"d", users[static_cast<std::size_t>(n % 3)]}});
  }
  return items;
}

void add(CountStore& store, std::int64_t from, std::int64_t to) {
  const auto added =
      store.add(kFirst, log(from, to), {.next = Offset{to}, .counted = static_cast<std::uint64_t>(to)});
  ASSERT_TRUE(added) << added.error().what;
}

// An owner that has counted three records, with a checkpoint that includes them.
std::unique_ptr<CassandraStore> owner_at_3(World& world) {
  auto store = world.owner(10s);
  add(*store, 0, 3);
  EXPECT_TRUE(store->flush(kLimit));
  world.clock.advance(10s);
  EXPECT_THAT(*store->flush(kLimit), ElementsAre(Pair(kFirst, Offset{3})));
  EXPECT_EQ(world.checkpoint(), Offset{3});
  return store;
}

// Adds a change of each of so many users.
void add_users(CountStore& store, std::int64_t count) {
  std::vector<std::string> names;
  std::vector<Item> items;
  for (std::int64_t i = 0; i < count; ++i) names.push_back("user" + std::to_string(i));
  for (std::int64_t i = 0; i < count; ++i) {
    items.push_back({Offset{i}, {"d", names[static_cast<std::size_t>(i)]}});
  }
  ASSERT_TRUE(
      store.add(kFirst, items, {.next = Offset{count}, .counted = static_cast<std::uint64_t>(count)}));
}

std::map<std::string, std::uint64_t> users(CountStore& store) {
  std::map<std::string, std::uint64_t> map;
  const auto view = store.view().totals.by_user;
  for (std::size_t i = 0; i < view.size(); ++i) map[std::string(view[i].key)] = view[i].count;
  return map;
}

TEST(CassandraStore, WritesAKeyOnceAFlushWithWhatItIncludes) {
  World world;
  const auto store = world.owner();
  add(*store, 0, 300);
  ASSERT_TRUE(store->flush(kLimit));
  EXPECT_EQ(world.cluster->count_writes(), 4U);  // three users, one domain
  ASSERT_TRUE(world.user("u1"));
  EXPECT_EQ(world.user("u1")->count, 100U);
  EXPECT_EQ(world.user("u1")->included, Offset{300});
  EXPECT_EQ(world.user("u1")->time, write_time(Offset{300}));
  ASSERT_TRUE(store->flush(kLimit));
  EXPECT_EQ(world.cluster->count_writes(), 4U) << "nothing changed";
}

TEST(CassandraStore, BatchesAreOfAtMostAHundredRows) {
  World world;
  const auto store = world.owner();
  add_users(*store, 5'000);
  ASSERT_TRUE(store->flush(kLimit));
  EXPECT_EQ(world.cluster->count_writes(), 5'001U);
  EXPECT_EQ(world.cluster->largest_batch(), 100U);
  EXPECT_EQ(world.opened()->size().users, 5'000U);
}

TEST(CassandraStore, SlowIsNotAway) {
  World world;
  const auto store = world.owner();
  add_users(*store, 20'000);
  world.cluster->hold(true);
  // 64 writes are answered at a time, and all of them take longer than one answer may.
  constexpr auto kSilence = 2s;
  const SteadyTime begin = steady_now();
  const std::jthread server([&](const std::stop_token& stop) {
    for (std::uint64_t seed = 1; !stop.stop_requested(); ++seed) {
      std::this_thread::sleep_for(700ms);
      world.cluster->release(seed);
    }
  });
  const auto flushed = store->flush(FlushLimits{.all = 1h, .silence = kSilence});
  EXPECT_TRUE(flushed) << flushed.error().what;
  EXPECT_GT(steady_now(), begin + kSilence);
  EXPECT_FALSE(store->trouble());
  EXPECT_EQ(world.cluster->count_writes(), 20'001U);
}

TEST(CassandraStore, SilentIsAway) {
  World world;
  const auto store = world.owner();
  add(*store, 0, 3);
  world.cluster->hold(true);
  EXPECT_EQ(store->flush(FlushLimits{.all = 1h, .silence = 50ms}).error().kind, ErrorKind::transient);
  EXPECT_TRUE(store->trouble());
}

TEST(CassandraStore, BeginsNothingMoreOnceItIsToStop) {
  World world;
  const auto store = world.owner();
  add_users(*store, 20'000);
  world.cluster->hold(true);
  std::stop_source stop;
  std::thread flush(
      [&] { EXPECT_FALSE(store->flush(FlushLimits{.all = 1h, .silence = 1h, .stop = stop.get_token()})); });
  EXPECT_TRUE(eventually([&] { return world.cluster->held() == 64; }));
  stop.request_stop();
  flush.join();  // though nothing is answered
  world.cluster->hold(false);
  world.cluster->release(1);
  EXPECT_LE(world.cluster->count_writes(), 6'400U) << "those that were under way";
  ASSERT_TRUE(store->flush(kLimit));
  EXPECT_EQ(world.opened()->size().users, 20'000U);
}

TEST(CassandraStore, OpensNoFurtherOnceItIsToStop) {
  World world;
  {
    const auto store = world.owner();
    add(*store, 0, 3);
    ASSERT_TRUE(store->flush(kLimit));
  }
  std::stop_source stop;
  CassandraStore store(
      [&]() -> Result<std::unique_ptr<Session>> { return std::make_unique<FakeSession>(world.cluster); },
      StoreOptions{.stop = stop.get_token()}, world.clock, world.metrics);
  stop.request_stop();
  const auto opened = store.open(test_identity());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::transient);
}

TEST(CassandraStore, OnlyTheOwnerWrites) {
  World world;
  const auto store = world.opened();
  add(*store, 0, 3);
  EXPECT_THAT(*store->flush(kLimit), testing::IsEmpty());
  EXPECT_EQ(world.cluster->count_writes(), 0U);
  store->own(std::array{kFirst});
  EXPECT_THAT(*store->flush(kLimit), ElementsAre(Pair(kFirst, Offset{3})));
  EXPECT_EQ(world.cluster->count_writes(), 4U) << "what it counted before it owned";
}

TEST(CassandraStore, IsInTroubleUntilAWholeFlushHasGotThrough) {
  World world;
  const auto store = world.owner();
  add(*store, 0, 3);
  world.cluster->fail_writes(-1, {ErrorKind::transient, "away"});
  EXPECT_FALSE(store->flush(50ms));
  EXPECT_TRUE(store->trouble());
  world.cluster->fail_writes(0, {});
  world.cluster->hold(true);
  std::thread flush([&] { EXPECT_TRUE(store->flush(kLimit)); });
  EXPECT_TRUE(eventually([&] { return world.cluster->held() > 0; }));
  EXPECT_TRUE(store->trouble()) << "while it is tried again";
  world.cluster->hold(false);
  world.cluster->release(1);
  flush.join();
  EXPECT_FALSE(store->trouble());
}

TEST(CassandraStore, IsNotWellByHavingNothingToWrite) {
  World world;
  const auto store = world.owner();
  add(*store, 0, 3);
  world.cluster->fail_writes(-1, {ErrorKind::transient, "away"});
  world.cluster->fail_reads(Error{ErrorKind::transient, "away"});
  EXPECT_FALSE(store->flush(50ms));
  store->release(std::array{kFirst}, 0ms);  // a session timeout of the group, say
  EXPECT_FALSE(store->flush(kLimit));
  EXPECT_TRUE(store->trouble());
  world.cluster->fail_reads(std::nullopt);
  EXPECT_TRUE(store->flush(kLimit));
  EXPECT_FALSE(store->trouble());
}

TEST(CassandraStore, ANewOwnerWritesWhatChangedSinceTheCheckpoint) {
  World world;
  const auto first = world.owner();
  const auto second = world.opened();
  add(*first, 0, 3);
  add(*second, 0, 3);
  ASSERT_TRUE(first->flush(kLimit));
  add(*second, 3, 4);  // u0, and the domain
  second->own(std::array{kFirst});
  ASSERT_TRUE(second->flush(kLimit));
  EXPECT_EQ(world.cluster->count_writes(), 4U + 2U);
  EXPECT_EQ(world.checkpoint(), Offset{4});
}

TEST(CassandraStore, AnOwnerThatSleptChangesNothingWhenItWakes) {
  World world;
  const auto slept = world.owner();
  add(*slept, 0, 3);
  world.cluster->hold(true);
  EXPECT_FALSE(slept->flush(0ms));  // its writes are on their way
  world.cluster->hold(false);
  const auto next = world.owner();
  add(*next, 0, 9);
  ASSERT_TRUE(next->flush(kLimit));
  world.cluster->release(1);
  add(*slept, 3, 6);
  ASSERT_TRUE(slept->flush(kLimit));
  EXPECT_EQ(world.user("u0")->count, 3U);
  EXPECT_EQ(world.checkpoint(), Offset{9});
  const auto after = world.opened();
  EXPECT_THAT(users(*after), ElementsAre(Pair("u0", 3), Pair("u1", 3), Pair("u2", 3)));
}

TEST(CassandraStore, NoCheckpointBeforeItsRows) {
  World world;
  const auto store = world.owner();
  add(*store, 0, 3);
  world.cluster->hold(true);
  const auto flushed = store->flush(0ms);
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().kind, ErrorKind::transient);
  EXPECT_TRUE(store->trouble());
  EXPECT_GT(world.cluster->held(), 0U);
  world.cluster->hold(false);
  world.cluster->release(7);
  EXPECT_EQ(world.checkpoint(), Offset{0});
  ASSERT_TRUE(store->flush(kLimit));
  EXPECT_EQ(world.checkpoint(), Offset{3});
  EXPECT_FALSE(store->trouble());
}

TEST(CassandraStore, TriesAgainWhatFailedAndWhatWasDoneWithoutAnAnswer) {
  World world;
  const auto store = world.owner();
  add(*store, 0, 30);
  world.cluster->fail_writes(3, {ErrorKind::transient, "away"});
  ASSERT_TRUE(store->flush(kLimit));
  add(*store, 30, 60);
  world.cluster->lose_answers(3);
  ASSERT_TRUE(store->flush(kLimit));
  EXPECT_EQ(world.user("u2")->count, 20U);
  EXPECT_EQ(world.checkpoint(), Offset{60});
}

TEST(CassandraStore, KeepsWhatItCouldNotWriteForTheNextFlush) {
  World world;
  const auto store = world.owner();
  add(*store, 0, 3);
  world.cluster->fail_writes(-1, {ErrorKind::transient, "away"});
  const auto flushed = store->flush(5ms);
  ASSERT_FALSE(flushed);
  EXPECT_THAT(flushed.error().what, HasSubstr("away"));
  add(*store, 3, 4);
  world.cluster->fail_writes(0, {ErrorKind::transient, ""});
  ASSERT_TRUE(store->flush(kLimit));
  EXPECT_EQ(world.user("u0")->count, 2U);
  EXPECT_EQ(world.user("u2")->count, 1U);
}

TEST(CassandraStore, WhatTheServerRefusesIsFatal) {
  World world;
  const auto store = world.owner();
  add(*store, 0, 3);
  world.cluster->fail_writes(-1, {ErrorKind::bad_input, "no such column"});
  EXPECT_EQ(store->flush(kLimit).error().kind, ErrorKind::fatal);
}

TEST(CassandraStore, TheCheckpointIsThatOfOneSyncPeriodAgo) {
  World world;
  const auto store = world.owner(10s);
  add(*store, 0, 3);
  EXPECT_THAT(*store->flush(kLimit), testing::IsEmpty());
  EXPECT_EQ(world.user("u0")->count, 1U);
  world.clock.advance(9s);
  add(*store, 3, 6);
  EXPECT_THAT(*store->flush(kLimit), testing::IsEmpty());
  world.clock.advance(1s);
  EXPECT_THAT(*store->flush(kLimit), ElementsAre(Pair(kFirst, Offset{3})));
  world.clock.advance(9s);
  EXPECT_THAT(*store->flush(kLimit), ElementsAre(Pair(kFirst, Offset{6})));
}

// Cassandra acknowledges what is not on its disk yet.
TEST(CassandraStore, WritesAgainWhatAPowerCutTookBeforeItsCheckpoint) {
  World world;
  const auto store = owner_at_3(world);
  world.cluster->sync();
  add(*store, 3, 5);  // u0 and u1
  ASSERT_TRUE(store->flush(kLimit));
  world.cut_power();
  add(*store, 5, 6);  // u2
  EXPECT_FALSE(store->flush(FlushLimits{.all = 20ms, .silence = 20ms}));
  world.power_back();
  world.clock.advance(40s);
  EXPECT_THAT(*store->flush(kLimit), ElementsAre(Pair(kFirst, Offset{3}))) << "none of rows that may be gone";
  EXPECT_THAT(users(*world.opened()), ElementsAre(Pair("u0", 2), Pair("u1", 2), Pair("u2", 2)));
  world.clock.advance(10s);
  EXPECT_THAT(*store->flush(kLimit), ElementsAre(Pair(kFirst, Offset{6})));
}

// More than one flush has time for, while Cassandra goes on to acknowledge: each writes what the one before
// did not, and no more.
TEST(CassandraStore, ManyShortFlushesOfASlowCassandraGetThere) {
  World world;
  const auto store = world.owner(10s);
  add_users(*store, 100'000);
  world.cluster->hold(true);
  const std::jthread server([&](const std::stop_token& stop) {
    for (std::uint64_t seed = 1; !stop.stop_requested(); ++seed) {
      std::this_thread::sleep_for(60ms);
      world.cluster->release(seed);
    }
  });
  int flushes = 0;
  while (!store->flush(FlushLimits{.all = 200ms, .silence = 10s}) && flushes < 50) ++flushes;
  EXPECT_GT(flushes, 0);
  EXPECT_LT(flushes, 50);
  EXPECT_EQ(world.opened()->size().users, 100'000U);
}

// The rows that are gone include records before those that the new owner has come to.
TEST(CassandraStore, NoCheckpointComesOfAFlushThatPassesRowsAhead) {
  World world;
  {
    const auto dead = owner_at_3(world);
    world.cluster->sync();
    world.cluster->hold(true);
    add(*dead, 3, 5);
    EXPECT_FALSE(dead->flush(0ms));
    world.cluster->release_first();  // the domain's row, at 5
    world.cluster->hold(false);
  }
  const auto store = world.owner(10s);
  world.cut_power();
  add(*store, 3, 4);
  EXPECT_FALSE(store->flush(FlushLimits{.all = 20ms, .silence = 20ms}));
  world.power_back();
  ASSERT_TRUE(store->flush(kLimit));  // in the middle of the replay
  world.clock.advance(10s);
  EXPECT_THAT(*store->flush(kLimit), ElementsAre(Pair(kFirst, Offset{3})));
  EXPECT_EQ(world.checkpoint(), Offset{3});
  add(*store, 4, 6);
  ASSERT_TRUE(store->flush(kLimit));
  world.clock.advance(10s);
  EXPECT_THAT(*store->flush(kLimit), ElementsAre(Pair(kFirst, Offset{6})));
  EXPECT_THAT(users(*world.opened()), ElementsAre(Pair("u0", 2), Pair("u1", 2), Pair("u2", 2)));
}

TEST(CassandraStore, ANewOwnerWritesWhatAPowerCutTookFromTheOneBefore) {
  World world;
  {
    const auto dead = owner_at_3(world);
    world.cluster->sync();
    add(*dead, 3, 8);
    ASSERT_TRUE(dead->flush(kLimit));  // rows at 8
  }
  const auto store = world.owner(10s);
  add(*store, 3, 4);
  ASSERT_TRUE(store->flush(kLimit));  // in the middle of the replay
  world.cut_power();
  add(*store, 4, 8);
  EXPECT_FALSE(store->flush(FlushLimits{.all = 20ms, .silence = 20ms}));
  world.power_back();
  ASSERT_TRUE(store->flush(kLimit));
  world.clock.advance(10s);
  ASSERT_THAT(*store->flush(kLimit), ElementsAre(Pair(kFirst, Offset{8})));
  EXPECT_THAT(users(*world.opened()), ElementsAre(Pair("u0", 3), Pair("u1", 3), Pair("u2", 2)));
}

// A crash between the rows of domains and those of users: only users are counted while the log is read again.
TEST(CassandraStore, ARevisionTellsThatOnlyUsersWereCounted) {
  World world;
  {
    const auto crashed = world.owner();
    add(*crashed, 0, 3);
    world.cluster->hold(true);
    EXPECT_FALSE(crashed->flush(0ms));
  }
  world.cluster->release_first();
  const auto store = world.opened();
  ASSERT_EQ(store->size().changes, 3U) << "the domain's row";
  ASSERT_THAT(users(*store), testing::IsEmpty());
  const auto before = store->size().revision;
  add(*store, 0, 3);
  EXPECT_EQ(store->size().changes, 3U);
  EXPECT_EQ(store->size().revision, before + 3);
  EXPECT_EQ(store->view().totals.revision, before + 3);
}

// Rows that include more than the checkpoint, as a crash between the two leaves them.
TEST(CassandraStore, SkipsWhatARowIncludesAlready) {
  World world;
  {
    const auto crashed = owner_at_3(world);
    add(*crashed, 3, 8);
    ASSERT_TRUE(crashed->flush(kLimit));  // rows at 8
  }
  ASSERT_EQ(world.checkpoint(), Offset{3});
  const auto store = world.owner();
  EXPECT_EQ(store->replayed_to(kFirst), Offset{8});
  EXPECT_THAT(users(*store), ElementsAre(Pair("u0", 3), Pair("u1", 3), Pair("u2", 2)));
  add(*store, 3, 5);
  EXPECT_THAT(users(*store), ElementsAre(Pair("u0", 3), Pair("u1", 3), Pair("u2", 2)));
  ASSERT_TRUE(store->flush(kLimit));  // in the middle of the replay: what is ahead stays
  EXPECT_EQ(world.user("u0")->included, Offset{8});
  add(*store, 5, 10);
  EXPECT_EQ(store->replayed_to(kFirst), Offset{0});
  EXPECT_THAT(users(*store), ElementsAre(Pair("u0", 4), Pair("u1", 3), Pair("u2", 3)));
  ASSERT_TRUE(store->flush(kLimit));
  EXPECT_THAT(users(*world.opened()), ElementsAre(Pair("u0", 4), Pair("u1", 3), Pair("u2", 3)));
}

TEST(CassandraStore, CountsThatDoNotSumUpAreNotShownAsRight) {
  World world;
  {
    const auto store = world.owner();
    add(*store, 0, 2);
    ASSERT_TRUE(store->add(kFirst, log(2, 3), {.next = Offset{3}, .counted = 4}));
    ASSERT_TRUE(store->flush(kLimit));
  }
  const auto opened = world.make()->open(test_identity());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::fatal);
  EXPECT_THAT(opened.error().what, HasSubstr("store reset"));
}

TEST(CassandraStore, OpensOnceTheServerIsThere) {
  World world;
  world.cluster->fail_reads(Error{ErrorKind::transient, "away"});
  const auto store = world.make();
  EXPECT_EQ(store->open(test_identity()).error().kind, ErrorKind::transient);
  world.cluster->fail_reads(std::nullopt);
  EXPECT_TRUE(store->open(test_identity()));
}

TEST(CassandraStore, WhatIsGivenUpIsFlushedAndSomebodyElsesIsNot) {
  World world;
  const auto store = world.owner();
  add(*store, 0, 3);
  EXPECT_THAT(store->release(std::array{kFirst}, kLimit), ElementsAre(Pair(kFirst, Offset{3})));
  store->own(std::array{kFirst});
  add(*store, 3, 6);
  EXPECT_THAT(store->release(std::array{kFirst}, 0ms), testing::IsEmpty());
  EXPECT_EQ(world.checkpoint(), Offset{3});
  EXPECT_EQ(world.user("u0")->count, 1U);
}

TEST(CassandraStore, TellsWhatIsHandedOverBeforeItsRowsAreWritten) {
  World world;
  const auto& told = world.metrics.counter("wikiflow_cassandra_handed_over_unwritten_total", "");
  const auto store = world.owner(10s);
  add(*store, 0, 3);
  store->release(std::array{kFirst}, kLimit);
  EXPECT_EQ(world.checkpoint(), Offset{0}) << "not due yet";
  EXPECT_EQ(told.Value(), 0) << "its rows are written";

  store->own(std::array{kFirst});
  ASSERT_TRUE(store->flush(kLimit));
  add(*store, 3, 8);
  world.cluster->fail_writes(-1, {ErrorKind::transient, "away"});
  store->release(std::array{kFirst}, 5ms);
  EXPECT_EQ(told.Value(), 5);
  store->release(std::array{kFirst}, 5ms);
  EXPECT_EQ(told.Value(), 5) << "once, and only by its owner";

  world.cluster->fail_writes(0, {});
  store->own(std::array{kFirst});
  ASSERT_TRUE(store->flush(kLimit));
  add(*store, 8, 9);
  store->release(std::array{kFirst}, 0ms);
  EXPECT_EQ(told.Value(), 5) << "what is lost is not handed over";
}

// Writes that come in any order, some without an answer, from two owners that both think they are it.
TEST(CassandraStore, AnyOrderOfWritesLeavesTheLatest) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world;
    const auto first = world.owner();
    const auto second = world.owner();
    world.cluster->hold(true);
    for (std::int64_t n = 0; n < 10; ++n) {
      add(*first, n * 3, n * 3 + 3);
      add(*second, n * 3, n * 3 + 3);
      std::ignore = first->flush(0ms);
      if (n % 2 == 0) std::ignore = second->flush(0ms);
    }
    world.cluster->hold(false);
    world.cluster->release(seed);
    const auto after = world.opened();
    add(*after, after->view().included.empty() ? 0 : after->view().included[0].second.value, 30);
    EXPECT_THAT(users(*after), ElementsAre(Pair("u0", 10), Pair("u1", 10), Pair("u2", 10))) << seed;
  }
}

}  // namespace
}  // namespace wikiflow::store::cassandra
