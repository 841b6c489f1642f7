#include "base/failpoint.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace wikiflow {
namespace {

// Each in a process of its own: what is armed is read once.
class FailpointTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  [[noreturn]] static void pass(const char* armed, const char* name, int times) {
    ::setenv("WIKIFLOW_FAILPOINT", armed, 1);
    for (int i = 0; i < times; ++i) failpoint(name);
    std::_Exit(0);
  }
};

TEST_F(FailpointTest, KillsTheProcessAtTheNthTime) {
  EXPECT_EXIT(pass("rows.partly:3", "rows.partly", 3), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(pass("rows.partly:3", "rows.partly", 2), testing::ExitedWithCode(0), "");
}

TEST_F(FailpointTest, LetsEveryOtherPlacePass) {
  EXPECT_EXIT(pass("rows.partly:1", "rows.before", 5), testing::ExitedWithCode(0), "");
}

TEST_F(FailpointTest, IsNothingWhenNoneIsNamed) {
  EXPECT_EXIT(pass("", "rows.partly", 5), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(pass("rows.partly", "rows.partly", 5), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace wikiflow
