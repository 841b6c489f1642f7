#include "pipeline/flush_pace.h"

#include <gtest/gtest.h>

namespace wikiflow::pipeline {
namespace {

using namespace std::chrono_literals;

class FlushPaceTest : public testing::Test {
 protected:
  // A second and `counted` changes later.
  bool due(std::uint64_t counted, std::int64_t lag, bool trouble = false) {
    now_ += 1s;
    counted_ += counted;
    return pace_.due(now_, counted_, lag, trouble);
  }
  // The same, until it is due: after how many seconds.
  int seconds_until_due(std::uint64_t counted, std::int64_t lag) {
    for (int seconds = 1; seconds <= 100; ++seconds) {
      if (due(counted, lag)) return seconds;
    }
    return 0;
  }

  FlushPace pace_{1s, 10s, 50'000};
  SteadyTime now_{};
  std::uint64_t counted_ = 0;
};

TEST_F(FlushPaceTest, FlushesAtEveryLookWhileCountingKeepsUp) {
  for (const std::int64_t lag : {0, 5, 900, 1'000}) EXPECT_TRUE(due(100, lag)) << lag;
  EXPECT_TRUE(due(0, 0));
}

TEST_F(FlushPaceTest, FlushesRarelyWhileFarBehind) {
  EXPECT_TRUE(due(1'000, 1'000'000)) << "the first time at once";
  EXPECT_EQ(seconds_until_due(1'000, 1'000'000), 10);
  EXPECT_EQ(seconds_until_due(1'000, 1'000'000), 10);
  EXPECT_EQ(seconds_until_due(1'000, 10'000), 1) << "caught up within that time";
}

TEST_F(FlushPaceTest, FlushesEarlierWhenThereIsMuch) {
  EXPECT_TRUE(due(20'000, 10'000'000));
  EXPECT_EQ(seconds_until_due(20'000, 10'000'000), 3);
}

TEST_F(FlushPaceTest, FlushesAtEveryLookWhenNothingIsCountedOrLasting) {
  EXPECT_TRUE(due(1'000, 1'000'000));
  EXPECT_FALSE(due(1'000, 1'000'000));
  EXPECT_TRUE(due(0, 1'000'000)) << "nothing more comes";
  EXPECT_TRUE(due(1'000, 1'000'000, true));
}

}  // namespace
}  // namespace wikiflow::pipeline
