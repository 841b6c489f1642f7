#include "source/recent_ids.h"

#include <gtest/gtest.h>

namespace wikiflow::source {
namespace {

EventId id(int n) { return EventId::derive_from_origin("t", 0, n); }

TEST(RecentIds, KnowsAnIdUntilItsTurnIsOver) {
  RecentIds recent(3);
  EXPECT_TRUE(recent.add(id(1)));
  EXPECT_FALSE(recent.add(id(1)));
  EXPECT_TRUE(recent.add(id(2)));
  EXPECT_TRUE(recent.add(id(3)));
  EXPECT_FALSE(recent.add(id(1)));
  EXPECT_TRUE(recent.add(id(4)));
  EXPECT_TRUE(recent.add(id(1))) << "4 took its place";
  EXPECT_FALSE(recent.add(id(3)));
  EXPECT_EQ(recent.size(), 3U);
}

TEST(RecentIds, KnowsExactlyWhatItIsReset) {
  RecentIds recent(10);
  for (int i = 0; i < 15; ++i) recent.add(id(i));
  recent.reset(std::vector{id(1), id(3), id(99)});
  EXPECT_EQ(recent.size(), 3U);
  EXPECT_FALSE(recent.add(id(99)));
  EXPECT_TRUE(recent.add(id(14)));
}

TEST(RecentIds, StaysWithinItsCapacityForEver) {
  RecentIds recent(100);
  std::vector<EventId> many;
  for (int i = 0; i < 250; ++i) many.push_back(id(i));
  recent.reset(many);
  EXPECT_FALSE(recent.add(id(249))) << "the last ones are kept";
  for (int i = 0; i < 10'000; ++i) {
    recent.add(id(i));
    ASSERT_EQ(recent.size(), 100U);
  }
}

}  // namespace
}  // namespace wikiflow::source
