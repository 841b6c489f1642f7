#include "base/time.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "base/clock_fake.h"

namespace wikiflow {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

std::optional<std::string> again(std::string_view text) {
  const auto t = parse_rfc3339(text);
  return t ? std::optional(format_rfc3339(*t)) : std::nullopt;
}

TEST(Rfc3339, IsWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(format_rfc3339(from_unix_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(from_unix_ms(1'791'207'722'236)), "2026-10-05T13:42:02.236Z");
  EXPECT_EQ(format_rfc3339(from_unix_ms(253'402'300'799'999)), "9999-12-31T23:59:59.999Z");
}

TEST(Rfc3339, IsAppendedToWhatIsThere) {
  std::string text = "t=";
  append_rfc3339(from_unix_ms(1), text);
  EXPECT_EQ(text, "t=1970-01-01T00:00:00.001Z");
}

TEST(Rfc3339, WritesATimeBeforeTheEpoch) {
  EXPECT_EQ(format_rfc3339(from_unix_ms(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, WritesATimeOutsideItsYearsAsTheNearestItCanWrite) {
  EXPECT_EQ(format_rfc3339(Millis::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(Millis::min()), "0000-01-01T00:00:00.000Z");
}

TEST(Rfc3339, IsReadWithAnyFractionOrNone) {
  EXPECT_EQ(again("2025-06-01T10:20:30Z"), "2025-06-01T10:20:30.000Z");
  EXPECT_EQ(again("2025-06-01T10:20:30.4Z"), "2025-06-01T10:20:30.400Z");
  EXPECT_EQ(again("2025-06-01T10:20:30.45Z"), "2025-06-01T10:20:30.450Z");
  EXPECT_EQ(again("2025-06-01T10:20:30.4567899999999999999999Z"), "2025-06-01T10:20:30.456Z");
}

TEST(Rfc3339, IsReadWithOffsetsFromUtc) {
  EXPECT_EQ(again("2025-06-01T00:30:00+02:00"), "2025-05-31T22:30:00.000Z");
  EXPECT_EQ(again("2025-12-31T23:30:00-00:45"), "2026-01-01T00:15:00.000Z");
  EXPECT_EQ(again("2025-06-01T00:30:00-00:00"), "2025-06-01T00:30:00.000Z");
  EXPECT_EQ(again("2025-06-01T00:30:00+23:59"), "2025-05-31T00:31:00.000Z");
}

TEST(Rfc3339, IsReadInLowerCaseAndWithASpace) {
  EXPECT_EQ(again("2025-06-01t10:20:30z"), "2025-06-01T10:20:30.000Z");
  EXPECT_EQ(again("2025-06-01 10:20:30Z"), "2025-06-01T10:20:30.000Z");
}

TEST(Rfc3339, KnowsLeapYears) {
  EXPECT_EQ(again("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(again("2000-02-29T00:00:00Z"), "2000-02-29T00:00:00.000Z");
  EXPECT_FALSE(again("2025-02-29T00:00:00Z"));
  EXPECT_FALSE(again("2100-02-29T00:00:00Z"));
}

TEST(Rfc3339, TakesALeapSecondAsTheNextMinutesFirst) {
  EXPECT_EQ(again("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00.000Z");
  EXPECT_EQ(again("2016-12-31T23:59:60.5Z"), "2017-01-01T00:00:00.500Z");
}

TEST(Rfc3339, RefusesWhatIsNotATime) {
  for (const auto* const text : {"",
                                 "2025",
                                 "2025-06-01",
                                 "2025-06-01T10:20Z",
                                 "2025-06-01T10:20:30",
                                 "2025-06-01T10:20:30.Z",
                                 "2025-06-01T10:20:30Z ",
                                 " 2025-06-01T10:20:30Z",
                                 "2025-06-01T10:20:30ZZ",
                                 "2025-6-01T10:20:30Z",
                                 "2025-06-01T24:00:00Z",
                                 "2025-06-01T10:60:00Z",
                                 "2025-06-01T10:20:61Z",
                                 "2025-13-01T10:20:30Z",
                                 "2025-00-01T10:20:30Z",
                                 "2025-06-00T10:20:30Z",
                                 "2025-06-31T10:20:30Z",
                                 "2025-06-01T10:20:30+2:00",
                                 "2025-06-01T10:20:30+24:00",
                                 "2025-06-01T10:20:30+02:60",
                                 "2025-06-01T10:20:30+0200",
                                 "2025-06-01T10:20:30,5Z",
                                 "-025-06-01T10:20:30Z",
                                 "2025-06-01T-1:20:30Z",
                                 "2025/06/01T10:20:30Z",
                                 "2025-06-01T10:20:3\xD9\xA0Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Rfc3339, RefusesTimesOutsideTheYears1970To9999) {
  EXPECT_TRUE(parse_rfc3339("1970-01-01T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("1969-12-31T23:59:59Z"));
  EXPECT_FALSE(parse_rfc3339("1970-01-01T00:30:00+01:00"));
  EXPECT_TRUE(parse_rfc3339("9999-12-31T23:59:59.999Z"));
  EXPECT_FALSE(parse_rfc3339("9999-12-31T23:59:60Z"));
  EXPECT_FALSE(parse_rfc3339("9999-12-31T23:59:59-00:01"));
}

TEST(Rfc3339, ReadsWhatItWritesForEveryDayOfFourCenturies) {
  for (auto t = from_unix_ms(7); t < from_unix_ms(0) + hours{24 * 146'097};
       t += hours{24} + milliseconds{61'001}) {
    ASSERT_EQ(parse_rfc3339(format_rfc3339(t)), t) << unix_ms(t);
  }
}

TEST(SystemClock, SleepsForTheTimeGiven) {
  const auto before = system_clock().steady();
  EXPECT_TRUE(system_clock().sleep(milliseconds{5}, {}));
  EXPECT_GE(system_clock().steady() - before, milliseconds{5});
}

TEST(SystemClock, WakesWhenAskedToStopHoweverLongItWasToSleep) {
  std::stop_source stop;
  const std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(system_clock().sleep(milliseconds::max(), stop.get_token()));
  EXPECT_FALSE(system_clock().sleep(milliseconds::max(), stop.get_token()));
}

TEST(SystemClock, TellsTheTime) { EXPECT_GT(unix_ms(system_clock().now()), 1'700'000'000'000); }

TEST(FakeClock, StandsStillUntilToldToMove) {
  FakeClock clock(from_unix_ms(1'000));
  const auto steady = clock.steady();
  EXPECT_EQ(clock.now(), from_unix_ms(1'000));
  clock.advance(milliseconds{5});
  EXPECT_TRUE(clock.sleep(milliseconds{7}, {}));
  EXPECT_EQ(clock.now(), from_unix_ms(1'012));
  EXPECT_EQ(clock.steady() - steady, milliseconds{12});
}

TEST(FakeClock, DoesNotSleepWhenAskedToStop) {
  FakeClock clock;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(clock.sleep(milliseconds{7}, stop.get_token()));
  EXPECT_EQ(clock.elapsed(), milliseconds{0});
}

}  // namespace
}  // namespace wikiflow
