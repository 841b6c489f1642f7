#include "topic/rota.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace wikiflow::topic {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kNow{0};
constexpr std::chrono::seconds kPatience{60};

class RotaTest : public testing::Test {
 protected:
  void add(Rota& rota, int partitions) {
    for (std::int32_t i = 0; i < partitions; ++i) rota.add({i});
  }
  std::int32_t take(Rota& rota) {
    const auto turn = rota.take(kPatience, {});
    turns_.push_back(turn.value_or(Rota::Turn{{-1}, 0}));
    return turns_.back().partition.number;
  }

  prometheus::Gauge gauge_;
  std::vector<Rota::Turn> turns_;
};

TEST_F(RotaTest, HandsOutNothingBeforeThereIsData) {
  Rota rota(2, gauge_);
  add(rota, 2);
  EXPECT_FALSE(rota.take(kNow, {}));
  rota.wake({1});
  EXPECT_EQ(take(rota), 1);
  EXPECT_FALSE(rota.take(kNow, {}));
}

TEST_F(RotaTest, GoesRoundThePartitionsInTheOrderTheyBecameReady) {
  Rota rota(1, gauge_);
  add(rota, 3);
  for (const int partition : {2, 0, 1}) rota.wake({partition});
  std::vector<std::int32_t> order;
  for (int i = 0; i < 6; ++i) {
    order.push_back(take(rota));
    rota.give_back(turns_.back(), true);
  }
  EXPECT_EQ(order, (std::vector<std::int32_t>{2, 0, 1, 2, 0, 1}));
}

TEST_F(RotaTest, NeverHasMoreTurnsOutThanPlaces) {
  Rota rota(2, gauge_);
  add(rota, 3);
  for (int i = 0; i < 3; ++i) rota.wake({i});
  take(rota);
  take(rota);
  EXPECT_EQ(gauge_.Value(), 2);
  EXPECT_FALSE(rota.take(kNow, {}));
  rota.give_back(turns_.front(), false);
  EXPECT_EQ(gauge_.Value(), 1);
  EXPECT_EQ(take(rota), 2);
}

TEST_F(RotaTest, RemembersAWakeThatCameWhileThePartitionWasOut) {
  Rota rota(5, gauge_);
  add(rota, 1);
  rota.wake({0});
  take(rota);
  rota.wake({0});
  EXPECT_FALSE(rota.take(kNow, {})) << "a partition is out once";
  rota.give_back(turns_.back(), false);
  EXPECT_EQ(take(rota), 0);
  rota.give_back(turns_.back(), false);
  EXPECT_FALSE(rota.take(kNow, {}));
}

TEST_F(RotaTest, WithdrawsWhatIsNotOutAtOnce) {
  Rota rota(5, gauge_);
  add(rota, 2);
  rota.wake({0});
  rota.wake({1});
  const std::vector<Partition> all{{0}, {1}, {7}};
  EXPECT_TRUE(rota.withdraw(all, kNow));
  EXPECT_FALSE(rota.take(kNow, {}));
  rota.wake({0});
  EXPECT_FALSE(rota.take(kNow, {}));
}

TEST_F(RotaTest, WaitsForATurnThatIsOutWhenItIsWithdrawn) {
  Rota rota(5, gauge_);
  add(rota, 1);
  rota.wake({0});
  take(rota);
  const std::vector<Partition> all{{0}};
  EXPECT_FALSE(rota.withdraw(all, kNow)) << "it is still out";
  rota.add({0});
  rota.wake({0});
  take(rota);
  bool back = false;
  std::thread withdrawing([&] { back = rota.withdraw(all, kPatience); });
  // The turn of before the first withdrawal is not the one that is waited for.
  rota.give_back(turns_.front(), true);
  EXPECT_EQ(gauge_.Value(), 1);
  rota.give_back(turns_.back(), true);
  withdrawing.join();
  EXPECT_TRUE(back);
  EXPECT_EQ(gauge_.Value(), 0);
}

TEST_F(RotaTest, EndsAllWaitsWhenItCloses) {
  Rota rota(1, gauge_);
  std::vector<std::thread> waiting;
  std::atomic<int> nothing{0};
  for (int i = 0; i < 3; ++i) {
    waiting.emplace_back([&] { nothing += rota.take(std::chrono::hours{24 * 365 * 100}, {}) ? 0 : 1; });
  }
  rota.close();
  for (auto& thread : waiting) thread.join();
  EXPECT_EQ(nothing, 3);
}

}  // namespace
}  // namespace wikiflow::topic
