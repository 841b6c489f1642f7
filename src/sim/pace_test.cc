#include "sim/pace.h"

#include <gtest/gtest.h>

namespace wikiflow::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Millis kNow = from_unix_ms(1'795'000'000'000);
constexpr SteadyTime kSteady{std::chrono::hours{5}};

SimOptions with(double rate, double speed = 0) {
  SimOptions options;
  options.rate = rate;
  options.speed = speed;
  return options;
}

Log log_of(const Plan& plan) { return {1, plan.start, plan.density, plan.count}; }

TEST(SimPace, ALiveLogEndsNowAndGrowsAtTheRate) {
  const Plan plan = *make_plan(with(50), 0, kNow);
  EXPECT_EQ(plan.speed, 1.0);
  const Log log = log_of(plan);
  const Pace pace(log, plan, kSteady);
  EXPECT_LE(pace.available(kSteady, kNow), 1U);
  const auto later = seconds{1000};
  EXPECT_NEAR(static_cast<double>(pace.available(kSteady + later, kNow + later)), 50'000, 300);
}

TEST(SimPace, HistoryIsThereAtTheStartAndEndsNow) {
  SimOptions options = with(30);
  options.history = 9000;
  const Plan plan = *make_plan(options, 0, kNow);
  const Log log = log_of(plan);
  EXPECT_NEAR(static_cast<double>((kNow - plan.start).count()), 300'000, 8000);
  EXPECT_EQ(Pace(log, plan, kSteady).available(kSteady, kNow), 9000U);
}

TEST(SimPace, AStartTimeInThePastGivesTheHistorySinceThen) {
  SimOptions options = with(50);
  options.start_time = kNow - seconds{1000};
  const Plan plan = *make_plan(options, 0, kNow);
  EXPECT_EQ(plan.start, *options.start_time);
  EXPECT_NEAR(static_cast<double>(plan.history), 50'000, 300);
}

TEST(SimPace, AFastLogBeginsInThePastSoThatItEndsNow) {
  const Plan plan = *make_plan(with(5000), 600'000, kNow);
  EXPECT_EQ(plan.density, 60);
  EXPECT_NEAR(plan.speed, 5000 / 60.0, 0.01);
  const Log log = log_of(plan);
  EXPECT_LE(log.timestamp(599'999), kNow);
  EXPECT_GT(log.timestamp(599'999), kNow - seconds{1});
  const Pace pace(log, plan, kSteady);
  EXPECT_NEAR(static_cast<double>(pace.available(kSteady + seconds{10}, kNow + seconds{10})), 50'000, 300);
}

TEST(SimPace, AnEndlessFastLogBeginsThirtyDaysAgo) {
  const Plan plan = *make_plan(with(0), 0, kNow);
  EXPECT_EQ(plan.start, kNow - std::chrono::hours{720});
}

TEST(SimPace, UnpacedEverythingIsThereAtOnce) {
  const Plan plan = *make_plan(with(0), 1'000'000, kNow);
  const Log log = log_of(plan);
  const Pace pace(log, plan, kSteady);
  EXPECT_FALSE(pace.paced());
  EXPECT_EQ(pace.available(kSteady, kNow), 1'000'000U);
}

TEST(SimPace, NothingIsServedThatLiesInTheFuture) {
  SimOptions options = with(0);
  options.start_time = kNow - seconds{10};
  const Plan plan = *make_plan(options, 1'000'000, kNow);
  const Log log = log_of(plan);
  const Pace pace(log, plan, kSteady);
  const std::uint64_t there = pace.available(kSteady, kNow);
  EXPECT_LE(log.timestamp(there - 1), kNow + seconds{1});
  EXPECT_GT(log.timestamp(there + 10), kNow + seconds{1});
}

TEST(SimPace, SpeedAloneMovesTheUsualDensity) {
  const Plan plan = *make_plan(with(0, 10), 0, kNow);
  EXPECT_EQ(plan.density, 60);
  EXPECT_EQ(plan.speed, 10);
}

TEST(SimPace, RateAndSpeedTogetherSetTheDensity) {
  const Plan plan = *make_plan(with(1000, 20), 0, kNow);
  EXPECT_EQ(plan.density, 50);
  EXPECT_EQ(plan.speed, 20);
}

TEST(SimPace, AfterTheWaitTheEventIsThere) {
  for (const double rate : {1.0, 50.0, 700.0, 20'000.0}) {
    const Plan plan = *make_plan(with(rate), 100'000, kNow);
    const Log log = log_of(plan);
    const Pace pace(log, plan, kSteady);
    for (const std::uint64_t n : {1U, 2U, 300U, 700U, 50'000U}) {
      const microseconds wait = pace.until(n, kSteady, kNow);
      const Millis wall = kNow + std::chrono::ceil<milliseconds>(wait);
      EXPECT_GT(pace.available(kSteady + wait, wall), n) << rate;
      EXPECT_LE(pace.available(kSteady + wait * 9 / 10 - microseconds{200}, wall), n) << rate;
    }
  }
}

TEST(SimPace, RefusesWhatCannotBe) {
  SimOptions future = with(50);
  future.start_time = kNow + seconds{1};
  EXPECT_EQ(make_plan(future, 0, kNow).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(make_plan(with(-1), 0, kNow).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(make_plan(with(1, 1e6), 0, kNow).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(make_plan(with(1), 10'000'000'000, kNow).error().kind, ErrorKind::bad_input);
}

}  // namespace
}  // namespace wikiflow::sim
