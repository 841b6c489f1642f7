#include "run/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock_fake.h"

namespace wikiflow::app {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(Supervisor, GivesUpOnlyAfterTroubleWithoutABreak) {
  FakeClock clock;
  int seconds = 0;
  const auto trouble = [&]() -> std::optional<std::string> {
    const bool well = seconds <= 3 || seconds == 8;
    return well ? std::nullopt : std::optional<std::string>("no route");
  };
  Supervisor supervisor({{"broker", trouble}}, 10s, clock);
  const auto verdict = supervisor.run({}, [&] { ++seconds; });
  ASSERT_TRUE(verdict);
  EXPECT_THAT(*verdict, HasSubstr("broker was away for longer than GIVE_UP_AFTER allows: no route"));
  EXPECT_EQ(seconds, 19);
}

TEST(Supervisor, WaitsForEverByDefaultAndEndsWhenAsked) {
  FakeClock clock;
  std::stop_source stop;
  int seconds = 0;
  Supervisor supervisor({{"broker", [] { return std::optional<std::string>("away"); }}}, std::nullopt, clock);
  EXPECT_FALSE(supervisor.run(stop.get_token(), [&] {
    if (++seconds == 100'000) stop.request_stop();
  }));
}

}  // namespace
}  // namespace wikiflow::app
