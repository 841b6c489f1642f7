#include "sim/log.h"

#include <gtest/gtest.h>

#include "sim/start_test.h"

namespace wikiflow::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(SimLog, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const Log a(1, kStart, 60, 0);
  const Log b(1, kStart, 60, 0);
  const Log other(2, kStart, 60, 0);
  int differ = 0;
  for (std::uint64_t n = 0; n < 5000; ++n) {
    EXPECT_EQ(a.entry(n).at, b.entry(n).at);
    EXPECT_EQ(a.entry(n).site, b.entry(n).site);
    EXPECT_EQ(a.entry(n).dt, b.entry(n).dt);
    if (a.site(n) != other.site(n) || a.timestamp(n) != other.timestamp(n)) ++differ;
  }
  EXPECT_GT(differ, 500);
}

TEST(SimLog, MovesTheSourcesClockAtThirtyToAHundredEventsASecond) {
  const Log log(1, kStart, 60, 0);
  for (std::uint64_t n = 0; n + 60 < 100'000; n += 60) {
    const double rate = 60e6 / static_cast<double>((log.arrival(n + 60) - log.arrival(n)).count());
    EXPECT_GE(rate, 30);
    EXPECT_LE(rate, 100.01);
  }
  EXPECT_NEAR(static_cast<double>(log.arrival(60'000).count()) / 1e6, 1000, 10);
}

TEST(SimLog, GivesTwoPercentOfNeighboursTheSameTopicAndTimestamp) {
  const Log log(1, kStart, 60, 0);
  int same = 0;
  constexpr int kEvents = 100'000;
  for (std::uint64_t n = 1; n < kEvents; ++n) {
    if (log.timestamp(n) == log.timestamp(n - 1)) {
      EXPECT_EQ(log.site(n), log.site(n - 1));
      ++same;
    }
  }
  EXPECT_NEAR(same, kEvents * 0.02, 200);
}

TEST(SimLog, GoesBackByOneToSixMilliseconds) {
  const Log log(1, kStart, 60, 0);
  int back = 0;
  for (std::uint64_t n = 1; n < 100'000; ++n) {
    const milliseconds step = log.timestamp(n) - log.timestamp(n - 1);
    if (step.count() >= 0) continue;
    EXPECT_GE(step.count(), -6);
    EXPECT_EQ(log.site(n), log.site(n - 1));
    ++back;
  }
  EXPECT_NEAR(back, 1000, 150);
}

TEST(SimLog, SendsFromBothDataCentres) {
  const Log log(1, kStart, 60, 0);
  int codfw = 0;
  for (std::uint64_t n = 0; n < 80'000; ++n) codfw += log.site(n) == Site::codfw ? 1 : 0;
  EXPECT_NEAR(codfw, 10'000, 600);
}

TEST(SimLog, EventTimeLiesBeforeTheRecordsAndSometimesUpTo64Seconds) {
  const Log log(1, kStart, 60, 0);
  milliseconds most{0};
  for (std::uint64_t n = 0; n < 100'000; ++n) {
    const milliseconds lag = log.entry(n).at - log.entry(n).dt;
    ASSERT_GE(lag.count(), 0);
    most = std::max(most, lag);
  }
  EXPECT_GT(most, milliseconds{30'000});
  EXPECT_LE(most, milliseconds{64'000});
}

TEST(SimLog, OffsetsGrowWithinATopic) {
  for (const Site site : kSites) {
    EXPECT_LT(Log::offset(site, 0), Log::offset(site, 1));
    EXPECT_LT(Log::offset(site, 6), Log::canary_offset(site, 7));
    EXPECT_LT(Log::canary_offset(site, 7), Log::offset(site, 7));
  }
}

TEST(SimLog, ArrivedIsTheInverseOfArrival) {
  for (const double density : {0.5, 33.0, 60.0, 100.0}) {
    const Log log(1, kStart, density, 0);
    for (const std::uint64_t n : {0U, 1U, 255U, 256U, 257U, 511U, 512U, 513U, 99'999U, 1'000'000U}) {
      EXPECT_EQ(log.arrived(log.arrival(n)), n + 1) << n;
      if (n > 0) {
        EXPECT_EQ(log.arrived(log.arrival(n) - microseconds{1}), n) << n;
      }
    }
    EXPECT_EQ(log.arrived(microseconds{-1}), 0U);
  }
  EXPECT_EQ(Log(1, kStart, 60, 10).arrived(std::chrono::hours{1}), 10U);
}

TEST(SimLog, TheSearchByTimeFindsWhatAScanFinds) {
  const Log log(1, kStart, 60, 0);
  constexpr std::uint64_t kEnd = 3000;
  for (int ms = -50; ms < 40'000; ms += 7) {
    const Millis from = kStart + milliseconds{ms};
    for (const Site site : kSites) {
      std::uint64_t scan = 0;
      while (scan < kEnd && (log.site(scan) != site || log.timestamp(scan) < from)) ++scan;
      ASSERT_EQ(log.first_at(site, from, kEnd), scan) << ms;
    }
  }
}

TEST(SimLog, TheSearchByTimeSkipsNeighboursOfTheSameMillisecond) {
  const Log log(1, kStart, 60, 0);
  std::uint64_t n = 1;
  while (log.timestamp(n) != log.timestamp(n - 1)) ++n;
  const Site site = log.site(n);
  // A client that saw n - 1 resumes with its timestamp + 1 ms: n is passed over.
  EXPECT_GT(log.first_at(site, log.timestamp(n - 1) + milliseconds{1}, 10'000), n);
  EXPECT_EQ(log.first_at(site, log.timestamp(n - 1), 10'000), n - 1);
}

TEST(SimLog, TheSearchByTimeEndsAtTheEnd) {
  const Log log(1, kStart, 60, 0);
  EXPECT_EQ(log.first_at(Site::eqiad, kStart + std::chrono::hours{24}, 500), 500U);
  EXPECT_EQ(log.first_at(Site::eqiad, kStart, 0), 0U);
}

TEST(SimLog, TheSearchByOffsetFindsTheRecordOrTheNextOne) {
  const Log log(1, kStart, 60, 0);
  for (std::uint64_t n = 0; n < 2000; ++n) {
    const Site site = log.site(n);
    ASSERT_EQ(log.first_from_offset(site, Log::offset(site, n), 3000), n);
    ASSERT_EQ(log.first_from_offset(site, Log::offset(site, n) - 1, 3000), n);
    ASSERT_GT(log.first_from_offset(site, Log::offset(site, n) + 1, 3000), n);
  }
  EXPECT_EQ(log.first_from_offset(Site::eqiad, 0, 3000), log.first_at(Site::eqiad, Millis{}, 3000));
  EXPECT_EQ(log.first_from_offset(Site::eqiad, 99'999'999'999, 3000), 3000U);
}

}  // namespace
}  // namespace wikiflow::sim
