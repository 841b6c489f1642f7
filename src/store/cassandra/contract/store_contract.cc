// CassandraStore over a real Cassandra: the contract of all stores, and what only a real server can show.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/time.h"
#include "store/cassandra/cassandra_store.h"
#include "store/cassandra/contract/server.h"
#include "store/cassandra/cql_session.h"
#include "store/cassandra/schema.h"
#include "store/lasting_contract_test.h"

namespace wikiflow::store::cassandra {
namespace {

using namespace std::chrono_literals;

// A keyspace of its own for each test.
struct Keyspace {
  static constexpr bool kLasting = true;

  Keyspace() {
    static std::atomic<int> serial = 0;
    settings = options();
    settings.keyspace = "c" + std::to_string(std::random_device{}()) + "_" + std::to_string(++serial);
    const auto made = make_schema(*connect(), settings.keyspace);
    EXPECT_TRUE(made) << made.error().what;
  }
  ~Keyspace() { EXPECT_TRUE(connect()->run("DROP KEYSPACE " + settings.keyspace)); }
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  std::unique_ptr<CountStore> make(std::chrono::milliseconds sync_period = 0ms) {
    return std::make_unique<CassandraStore>([this] { return open_session(settings); },
                                            StoreOptions{.sync_period = sync_period}, system_clock(),
                                            metrics_);
  }

  ConnectionOptions settings;

 private:
  Metrics metrics_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Cassandra, CountStoreContract, Keyspace);
INSTANTIATE_TYPED_TEST_SUITE_P(Cassandra, LastingStoreContract, Keyspace);

constexpr Partition kFirst{0};

// Record n is of domain d and of user u<n % 1000>.
void add(CountStore& store, std::int64_t from, std::int64_t to) {
  std::vector<std::string> users;
  for (std::int64_t n = from; n < to; ++n) users.push_back("u" + std::to_string(n % 1000));
  std::vector<Item> items;
  for (std::int64_t n = from; n < to; ++n) {
    items.push_back({Offset{n}, {"d", users[static_cast<std::size_t>(n - from)]}});
  }
  const auto added =
      store.add(kFirst, items, {.next = Offset{to}, .counted = static_cast<std::uint64_t>(to)});
  ASSERT_TRUE(added) << added.error().what;
}

std::unique_ptr<CountStore> opened(Keyspace& keyspace, std::chrono::milliseconds sync_period = 0ms) {
  auto store = keyspace.make(sync_period);
  const auto done = store->open(test_identity());
  EXPECT_TRUE(done) << done.error().what;
  store->own(std::array{kFirst});
  return store;
}

void expect_each_user(CountStore& store, std::uint64_t count) {
  const auto view = store.view();
  ASSERT_EQ(view.totals.by_user.size(), 1000U);
  for (std::size_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(view.totals.by_user[i].count, count) << view.totals.by_user[i].key;
  }
  EXPECT_EQ(view.totals.changes, count * 1000);
}

TEST(CassandraStore, RowsAheadOfTheCheckpointAreNotCountedTwice) {
  Keyspace keyspace;
  {
    const auto store = opened(keyspace);
    add(*store, 0, 2'000);
    ASSERT_TRUE(store->flush(60s));
  }
  {
    const auto crashed = opened(keyspace, 1h);
    add(*crashed, 2'000, 5'500);
    ASSERT_TRUE(crashed->flush(60s));  // rows, and no checkpoint
  }
  const auto store = opened(keyspace);
  EXPECT_EQ(store->replayed_to(kFirst), Offset{5'500});
  add(*store, 2'000, 4'000);
  EXPECT_EQ(store->replayed_to(kFirst), Offset{5'500});
  add(*store, 4'000, 7'000);
  EXPECT_EQ(store->replayed_to(kFirst), Offset{0});
  expect_each_user(*store, 7);
  ASSERT_TRUE(store->flush(60s));
  expect_each_user(*opened(keyspace), 7);
}

TEST(CassandraStore, GoesOnByItselfWhenAServerThatWasKilledIsBack) {
  Keyspace keyspace;
  const auto store = opened(keyspace);
  add(*store, 0, 1'000);
  ASSERT_TRUE(store->flush(60s));
  ASSERT_EQ(server("kill"), 0);
  add(*store, 1'000, 2'000);
  const auto away = store->flush(500ms);
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().kind, ErrorKind::transient);
  EXPECT_TRUE(store->trouble());
  add(*store, 2'000, 3'000);
  ASSERT_EQ(server("up"), 0);
  const auto back = store->flush(120s);
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(*back, (std::map<Partition, Offset>{{kFirst, Offset{3'000}}}));
  EXPECT_FALSE(store->trouble());
  expect_each_user(*opened(keyspace), 3);
}

TEST(CassandraStore, AServerThatStandsStillHoldsNothingUpLongerThanItsLimit) {
  Keyspace keyspace;
  keyspace.settings.request_timeout = 2s;
  const auto store = opened(keyspace);
  ASSERT_EQ(server("stop"), 0);
  add(*store, 0, 1'000);
  EXPECT_FALSE(store->flush(300ms));
  ASSERT_EQ(server("cont"), 0);
  const auto back = store->flush(60s);
  ASSERT_TRUE(back) << back.error().what;
  expect_each_user(*opened(keyspace), 1);
}

}  // namespace
}  // namespace wikiflow::store::cassandra
