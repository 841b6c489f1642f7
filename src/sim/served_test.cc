#include "sim/served.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/random.h"

namespace wikiflow::sim {
namespace {

TEST(Served, CountsEachEventOnce) {
  Served served;
  for (const std::uint64_t n : {5U, 6U, 7U, 6U, 2U, 3U, 4U, 5U, 9U, 8U, 2U}) served.add(n);
  EXPECT_EQ(served.size(), 8U);
  EXPECT_FALSE(served.add(4));
  EXPECT_TRUE(served.add(0));
  EXPECT_TRUE(served.exact());
}

TEST(Served, AgreesWithASetWhateverTheOrder) {
  Served served;
  std::set<std::uint64_t> expected;
  Draw draw(1);
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t n =
        draw.below(8) == 0 ? draw.below(20'000) : (expected.empty() ? 0 : *expected.rbegin() + 1);
    ASSERT_EQ(served.add(n), expected.insert(n).second);
  }
  EXPECT_EQ(served.size(), expected.size());
}

TEST(Served, SaysSoWhenItHadToForgetHoles) {
  Served served;
  for (std::uint64_t n = 0; n < 2 * Served::kMaxRanges; n += 2) served.add(n);
  EXPECT_TRUE(served.exact());
  EXPECT_EQ(served.size(), Served::kMaxRanges);
  served.add(10 * Served::kMaxRanges);
  EXPECT_FALSE(served.exact());
  EXPECT_FALSE(served.add(1));  // taken as served
}

}  // namespace
}  // namespace wikiflow::sim
