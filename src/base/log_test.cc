#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace wikiflow {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

std::string line(LogFormat format, std::string_view message, LogFields fields = {}) {
  return format_log_line(format, from_unix_ms(1), LogLevel::warn, "stream", message, fields);
}

TEST(LogLine, IsLogfmt) {
  EXPECT_EQ(line(LogFormat::logfmt, "cut", {{"cause", "silence"}, {"wait_ms", "12"}}),
            "ts=1970-01-01T00:00:00.001Z level=warn part=stream msg=cut cause=silence wait_ms=12");
}

TEST(LogLine, IsJsonWithEveryValueAString) {
  EXPECT_EQ(
      line(LogFormat::json, "cut off", {{"wait_ms", "12"}}),
      R"({"ts":"1970-01-01T00:00:00.001Z","level":"warn","part":"stream","msg":"cut off","wait_ms":"12"})");
}

TEST(LogLine, QuotesInLogfmtWhatIsNotOneWord) {
  EXPECT_THAT(line(LogFormat::logfmt, "cut off"), HasSubstr(R"(msg="cut off")"));
  EXPECT_THAT(line(LogFormat::logfmt, ""), HasSubstr(R"(msg="")"));
  EXPECT_THAT(line(LogFormat::logfmt, "a=b"), HasSubstr(R"(msg="a=b")"));
  EXPECT_THAT(line(LogFormat::logfmt, R"(a"b\c)"), HasSubstr(R"(msg="a\"b\\c")"));
  EXPECT_THAT(line(LogFormat::logfmt, "\xD7\xA9\xD7\x9C"), HasSubstr("msg=\xD7\xA9\xD7\x9C"));
}

// Every way to end a line, to hide what follows, or to command a terminal.
TEST(LogLine, CannotBeForged) {
  for (const auto format : {LogFormat::logfmt, LogFormat::json}) {
    for (const std::string evil :
         {"\n", "\r", "\r\n", "\x1B[2J", "\x7F", "\x0B", "\x0C", "\xC2\x85", "\xC2\x9B", "\xE2\x80\xA8",
          "\xE2\x80\xA9", "\xFF", "\xC0\x8A", "\xE0\x80\x8A"}) {
      const std::string text = line(format, "a" + evil + "level=error", {{"user", "b" + evil + "c"}});
      EXPECT_EQ(text.find(evil), std::string::npos) << testing::PrintToString(evil);
    }
    EXPECT_EQ(line(format, std::string("a\0b", 3)).find('\0'), std::string::npos);
  }
  EXPECT_THAT(line(LogFormat::logfmt, "a\nts=1 level=error"), HasSubstr(R"(msg="a\nts=1 level=error")"));
  EXPECT_THAT(line(LogFormat::logfmt, "\xC2\x9B\xE2\x80\xA8"), HasSubstr(R"(msg="\u009b\u2028")"));
  EXPECT_THAT(line(LogFormat::json, "\"}\n"), HasSubstr(R"("msg":"\"}\n"})"));
}

TEST(LogLine, KeepsTextThatOnlyLooksLikeAControlCharacter) {
  EXPECT_THAT(line(LogFormat::json, "\xC2\xA0\xE2\x80\xA6\xE2\x82\xAC"),
              HasSubstr("\xC2\xA0\xE2\x80\xA6\xE2\x82\xAC"));
}

TEST(LogSettings, AreReadByName) {
  EXPECT_EQ(parse_log_level("debug").value(), LogLevel::debug);
  EXPECT_EQ(parse_log_level("off").value(), LogLevel::off);
  EXPECT_EQ(parse_log_format("logfmt").value(), LogFormat::logfmt);
  EXPECT_EQ(parse_log_format("json").value(), LogFormat::json);
  EXPECT_THAT(parse_log_level("loud").error().what, HasSubstr("'loud'"));
  EXPECT_EQ(parse_log_level("INFO").error().kind, ErrorKind::bad_input);
  EXPECT_THAT(parse_log_format("xml").error().what, HasSubstr("'xml'"));
}

class Log : public testing::Test {
 public:
  ~Log() override { log_setup(LogLevel::info, LogFormat::logfmt); }

  static std::string written(const std::function<void()>& work) {
    testing::internal::CaptureStderr();
    work();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, WritesOneLineToStandardError) {
  log_setup(LogLevel::info, LogFormat::logfmt);
  const std::string text = written([] { log_error("topic", "lost {}", {{"n", "%s"}}); });
  EXPECT_THAT(text, HasSubstr("level=error part=topic msg=\"lost {}\" n=%s\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(Log, WritesNothingBelowItsLevel) {
  log_setup(LogLevel::warn, LogFormat::json);
  EXPECT_EQ(written([] {
              log_debug("a", "x");
              log_info("a", "x");
            }),
            "");
  EXPECT_THAT(written([] { log_warn("a", "x"); }), HasSubstr(R"("level":"warn")"));
  EXPECT_TRUE(log_enabled(LogLevel::error));
  EXPECT_FALSE(log_enabled(LogLevel::info));
}

TEST_F(Log, WritesNothingWhenOff) {
  log_setup(LogLevel::off, LogFormat::logfmt);
  EXPECT_EQ(written([] { log_error("a", "x"); }), "");
  EXPECT_FALSE(log_enabled(LogLevel::off));
}

TEST(LogLimit, LetsOneLineThroughInATimeAndCountsTheOthers) {
  LogLimit limit(milliseconds{1'000});
  const SteadyTime start{};
  EXPECT_EQ(limit.allow(start), 0U);
  EXPECT_EQ(limit.allow(start + milliseconds{1}), std::nullopt);
  EXPECT_EQ(limit.allow(start + milliseconds{999}), std::nullopt);
  EXPECT_EQ(limit.allow(start + milliseconds{1'000}), 2U);
  EXPECT_EQ(limit.allow(start + milliseconds{1'500}), std::nullopt);
  EXPECT_EQ(limit.allow(start + milliseconds{5'000}), 1U);
  EXPECT_EQ(limit.allow(start + milliseconds{9'000}), 0U);
}

}  // namespace
}  // namespace wikiflow
