#include "topic/kafka/stall_watch.h"

#include <gtest/gtest.h>

namespace wikiflow::topic::kafka {
namespace {

using State = StallWatch::State;
using namespace std::chrono_literals;

class StallWatchTest : public testing::Test {
 protected:
  // A call a second, `seconds` long, unless the state changes.
  State pass(int seconds, std::uint64_t taken, std::uint64_t acknowledged) {
    State state = State::moving;
    for (int i = 0; i < seconds && state == State::moving; ++i) {
      now_ += 1s;
      state = watch_.look(now_, taken, acknowledged);
    }
    return state;
  }

  StallWatch watch_{60s};
  StallWatch::Time now_ = 1000s;
};

TEST_F(StallWatchTest, SeesThatNothingIsAcknowledgedForTooLong) {
  EXPECT_EQ(pass(10, 0, 0), State::moving);
  EXPECT_EQ(pass(59, 5, 3), State::moving);
  EXPECT_EQ(pass(59, 90, 4), State::moving) << "one more was acknowledged";
  EXPECT_EQ(pass(3, 90, 4), State::unacknowledged) << "however many more are taken";
}

TEST_F(StallWatchTest, ThinksNothingOfAnIdleWriter) {
  EXPECT_EQ(pass(500, 7, 7), State::moving);
  EXPECT_EQ(pass(59, 8, 7), State::moving) << "only now there is something to be acknowledged";
}

TEST_F(StallWatchTest, SeesThatTheProcessStoodStill) {
  EXPECT_EQ(pass(10, 7, 7), State::moving);
  now_ += 60s;
  EXPECT_EQ(watch_.look(now_, 7, 7), State::woken);
}

TEST_F(StallWatchTest, TellsWhoeverIsAboutToSendBeforeAnybodyLooked) {
  EXPECT_FALSE(watch_.overdue(now_)) << "nobody has looked yet";
  EXPECT_EQ(pass(10, 7, 7), State::moving);
  EXPECT_FALSE(watch_.overdue(now_ + 59s));
  EXPECT_TRUE(watch_.overdue(now_ + 60s));
  now_ += 60s;
  EXPECT_EQ(watch_.look(now_, 7, 7), State::woken);
  EXPECT_TRUE(watch_.overdue(now_)) << "the look did not make good what was decided before";
}

TEST(StallWatchClock, Runs) {
  const auto before = StallWatch::now();
  EXPECT_GT(before.count(), 0);
  EXPECT_GE(StallWatch::now(), before);
}

}  // namespace
}  // namespace wikiflow::topic::kafka
