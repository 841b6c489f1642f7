#include "pipeline/lead.h"

#include <gtest/gtest.h>

namespace wikiflow::pipeline {
namespace {

topic::Reach reach(std::int64_t end, std::uint64_t acknowledged) { return {{}, end, acknowledged}; }

TEST(Lead, GrowsWithWhatOthersWriteAndThisOneDoesNot) {
  Lead lead(1'000);
  lead.begin(5'000);
  EXPECT_FALSE(lead.too_far(reach(5'000, 0), 0));
  EXPECT_FALSE(lead.too_far(reach(5'350, 100), 100))
      << "the others wrote 250, of which 150 are not sent here";
  EXPECT_FALSE(lead.too_far(reach(5'450, 100), 100));
  EXPECT_TRUE(lead.too_far(reach(5'451, 100), 100));
}

TEST(Lead, StaysAsItIsWhileAllKeepPace) {
  Lead lead(1'000);
  lead.begin(0);
  for (std::int64_t n = 0; n < 100'000; n += 100) {
    ASSERT_FALSE(lead.too_far(reach(2 * n, static_cast<std::uint64_t>(n)), static_cast<std::uint64_t>(n)));
  }
}

TEST(Lead, IsNotPaidForByATimeInWhichTheOthersWereAway) {
  Lead lead(1'000);
  lead.begin(0);
  EXPECT_FALSE(lead.too_far(reach(50'000, 50'000), 50'000));
  EXPECT_FALSE(lead.too_far(reach(50'200, 50'000), 50'000));
  EXPECT_TRUE(lead.too_far(reach(50'251, 50'000), 50'000));
}

TEST(Lead, BeginsAnewWhereTheTopicEnds) {
  Lead lead(1'000);
  lead.begin(0);
  EXPECT_TRUE(lead.too_far(reach(9'000, 0), 0));
  lead.begin(9'000);
  EXPECT_FALSE(lead.too_far(reach(9'100, 0), 0));
}

TEST(Lead, IsNotWatchedWithoutAWindow) {
  EXPECT_FALSE(Lead(0).watched());
  EXPECT_TRUE(Lead(393'216).watched());
}

}  // namespace
}  // namespace wikiflow::pipeline
