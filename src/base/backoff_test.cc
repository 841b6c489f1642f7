#include "base/backoff.h"

#include <gtest/gtest.h>

#include <vector>

namespace wikiflow {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesTheLongestWaitUpToTheCap) {
  Backoff backoff(milliseconds{100}, milliseconds{1'000}, 1);
  for (const int ceiling : {100, 200, 400, 800, 1'000, 1'000, 1'000}) {
    EXPECT_EQ(backoff.ceiling(), milliseconds{ceiling});
    const auto wait = backoff.next();
    EXPECT_GE(wait, milliseconds{0});
    EXPECT_LE(wait, milliseconds{ceiling});
  }
}

TEST(Backoff, DrawsFromTheWholeRange) {
  Backoff backoff(milliseconds{1'000}, milliseconds{1'000}, 1);
  std::vector<int> tenths(10);
  for (int i = 0; i < 10'000; ++i) {
    const auto tenth = std::min<std::int64_t>(backoff.next().count() / 100, 9);
    ++tenths.at(static_cast<std::size_t>(tenth));
  }
  for (const int count : tenths) EXPECT_NEAR(count, 1'000, 200);
}

TEST(Backoff, BeginsAgainAfterReset) {
  Backoff backoff(milliseconds{100}, milliseconds{10'000}, 1);
  for (int i = 0; i < 5; ++i) backoff.next();
  backoff.reset();
  EXPECT_EQ(backoff.ceiling(), milliseconds{100});
}

TEST(Backoff, GoesToTheCapAtOnceAndStays) {
  Backoff backoff(milliseconds{100}, milliseconds{10'000}, 1);
  backoff.to_cap();
  EXPECT_EQ(backoff.ceiling(), milliseconds{10'000});
  backoff.next();
  EXPECT_EQ(backoff.ceiling(), milliseconds{10'000});
  backoff.reset();
  EXPECT_EQ(backoff.ceiling(), milliseconds{100});
}

TEST(Backoff, StaysAtTheCapForEver) {
  Backoff backoff(milliseconds{100}, milliseconds{10'000}, 1);
  for (int i = 0; i < 10'000; ++i) backoff.next();
  EXPECT_EQ(backoff.ceiling(), milliseconds{10'000});
}

TEST(Backoff, WaitsAlikeForTheSameSeedOnly) {
  const auto waits = [](std::uint64_t seed) {
    Backoff backoff(milliseconds{1'000}, milliseconds{60'000}, seed);
    std::vector<milliseconds> all(10);
    for (auto& wait : all) wait = backoff.next();
    return all;
  };
  EXPECT_EQ(waits(1), waits(1));
  EXPECT_NE(waits(1), waits(2));
}

TEST(Backoff, TakesAFirstWaitAboveTheCapAsTheCap) {
  Backoff backoff(milliseconds{5'000}, milliseconds{1'000}, 1);
  EXPECT_EQ(backoff.ceiling(), milliseconds{1'000});
}

TEST(Backoff, TakesZeroesAndLessWithoutGoingRoundForEver) {
  Backoff from_zero(milliseconds{0}, milliseconds{1'000}, 1);
  from_zero.to_cap();
  EXPECT_EQ(from_zero.ceiling(), milliseconds{1'000});
  Backoff none(milliseconds{100}, milliseconds{-1}, 1);
  none.to_cap();
  EXPECT_EQ(none.next(), milliseconds{0});
}

}  // namespace
}  // namespace wikiflow
