#include "sim/zipf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace wikiflow::sim {
namespace {

constexpr int kDraws = 400'000;

std::vector<int> draw_all(std::uint64_t n, double s) {
  const Zipf zipf(n, s);
  Draw draw(7);
  std::vector<int> seen(n + 1);
  for (int i = 0; i < kDraws; ++i) ++seen.at(zipf(draw));
  return seen;
}

class ZipfExponent : public testing::TestWithParam<double> {};

TEST_P(ZipfExponent, DrawsEachRankAsOftenAsItsShare) {
  constexpr std::uint64_t kRanks = 200;
  const auto seen = draw_all(kRanks, GetParam());
  double sum = 0;
  for (std::uint64_t k = 1; k <= kRanks; ++k) sum += std::pow(static_cast<double>(k), -GetParam());
  for (std::uint64_t k = 1; k <= kRanks; ++k) {
    const double p = std::pow(static_cast<double>(k), -GetParam()) / sum;
    const double expected = kDraws * p;
    // Six standard deviations of a binomial count: the seed is fixed, and a wrong share would be far beyond.
    EXPECT_NEAR(seen[k], expected, 6 * std::sqrt(expected * (1 - p)) + 1) << "rank " << k;
  }
  EXPECT_EQ(seen[0], 0);
}

INSTANTIATE_TEST_SUITE_P(Exponents, ZipfExponent, testing::Values(0.5, 0.99, 1.0, 1.1, 2.0));

TEST(Zipf, OfOneRankIsAlwaysOne) { EXPECT_EQ(draw_all(1, 1.0)[1], kDraws); }

TEST(Zipf, StaysWithinAMillionRanks) {
  const Zipf zipf(1'000'000, 1.0);
  Draw draw(1);
  std::uint64_t largest = 0;
  for (int i = 0; i < kDraws; ++i) {
    const std::uint64_t rank = zipf(draw);
    ASSERT_GE(rank, 1U);
    largest = std::max(largest, rank);
  }
  EXPECT_LE(largest, 1'000'000U);
  EXPECT_GT(largest, 900'000U);
}

TEST(Draw, AroundLiesBetweenHalfAndOneAndAHalf) {
  Draw draw(3);
  std::uint64_t least = 1000;
  std::uint64_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t n = draw.around(100);
    least = std::min(least, n);
    most = std::max(most, n);
  }
  EXPECT_EQ(least, 50U);
  EXPECT_EQ(most, 150U);
  for (int i = 0; i < 100; ++i) EXPECT_GE(draw.around(1), 1U);
}

}  // namespace
}  // namespace wikiflow::sim
