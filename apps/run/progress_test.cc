#include "run/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/clock_fake.h"

namespace wikiflow::app {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(Progress, ShowsRateDistanceAndTimeToGo) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, true, "records", 100);
  progress.tick(clock.steady(), 0, 1'000'000);
  clock.advance(10s);
  progress.tick(clock.steady(), 200'000, 800'000);
  EXPECT_THAT(out.str(), HasSubstr("\rcatching up: 800,000 records behind, 20,000/s, 40 s to go"));
}

TEST(Progress, WritesAPlainLineOnlyEveryTenSecondsWithoutATerminal) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, false, "records", 100);
  for (int second = 0; second < 25; ++second) {
    progress.tick(clock.steady(), 0, 1'000'000);
    clock.advance(1s);
  }
  EXPECT_EQ(std::ranges::count(out.str(), '\n'), 3);
  EXPECT_THAT(out.str(), testing::Not(HasSubstr("\r")));
}

TEST(Progress, SaysOnceThatItIsUpToDateAndNothingWhenItAlwaysWas) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, false, "records", 100);
  progress.tick(clock.steady(), 0, std::nullopt);
  progress.tick(clock.steady(), 0, 50);
  EXPECT_EQ(out.str(), "");
  progress.tick(clock.steady(), 0, 5'000);
  progress.tick(clock.steady(), 5'000, 0);
  progress.tick(clock.steady(), 5'000, 0);
  EXPECT_EQ(out.str(), "catching up: 5,000 records behind\nup to date\n");
}

TEST(Progress, SpeaksOfMinutesAndHours) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, true, "records", 1);
  progress.tick(clock.steady(), 0, 1'000'000);
  clock.advance(1s);
  progress.tick(clock.steady(), 1'000, 999'000);
  EXPECT_THAT(out.str(), HasSubstr("17 min to go"));
  clock.advance(9s);
  progress.tick(clock.steady(), 1'500, 998'900);
  EXPECT_THAT(out.str(), HasSubstr(" h to go"));
}

TEST(Progress, ShowsTheRateOfTheLastSecondsOnly) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, true, "records", 1);
  for (int second = 0; second < 30; ++second) {
    progress.tick(clock.steady(), second < 10 ? second * 1'000U : 10'000U, 900'000);
    clock.advance(1s);
  }
  EXPECT_TRUE(out.str().ends_with("catching up: 900,000 records behind, 0/s\x1b[K")) << out.str();
}

TEST(WithCommas, GroupsByThousands) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1'000), "1,000");
  EXPECT_EQ(with_commas(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace wikiflow::app
