#include "topic/kafka/fetch_watch.h"

#include <gtest/gtest.h>

namespace wikiflow::topic::kafka {
namespace {

using namespace std::chrono_literals;

class FetchWatchTest : public testing::Test {
 protected:
  // Looks each second for `time`, with an answer to each question; whether it was said to stand still.
  bool stands_still(std::chrono::seconds time, std::optional<SteadyTime> owed, bool answered = true) {
    for (const SteadyTime end = now_ + time; now_ < end; now_ += 1s) {
      if (!watch_.ask(now_, owed)) continue;
      ++asked_;
      if (watch_.stands_still(now_, answered)) return true;
    }
    return false;
  }

  FetchWatch watch_{5s, 30s};
  SteadyTime now_{1h};
  int asked_ = 0;
};

TEST_F(FetchWatchTest, AsksNothingWhileNothingIsOwed) {
  EXPECT_FALSE(stands_still(1h, std::nullopt));
  EXPECT_EQ(asked_, 0);
}

TEST_F(FetchWatchTest, KnowsThatTheBrokerAnswersAndNothingIsFetched) {
  EXPECT_FALSE(stands_still(35s, now_));
  EXPECT_EQ(asked_, 6) << "every five seconds, the first time after as long";
  EXPECT_TRUE(stands_still(2s, now_ - 35s));
  EXPECT_FALSE(stands_still(30s, now_ - 37s)) << "once; then it takes as long again";
  EXPECT_TRUE(stands_still(10s, now_ - 67s));
}

TEST_F(FetchWatchTest, IsNotMisledByABrokerThatIsAway) {
  const SteadyTime owed = now_;
  EXPECT_FALSE(stands_still(10min, owed, false));
  EXPECT_FALSE(stands_still(29s, owed)) << "it is back; it may take a moment";
  EXPECT_FALSE(stands_still(5s, owed, false));
  EXPECT_FALSE(stands_still(29s, owed));
}

TEST_F(FetchWatchTest, BeginsAnewWithEachFetch) {
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(stands_still(20s, now_));
}

}  // namespace
}  // namespace wikiflow::topic::kafka
