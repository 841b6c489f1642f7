#include "sse/state_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "base/clock_fake.h"

namespace wikiflow::sse {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// What went to standard error, by lines.
template <typename Work>
std::vector<std::string> logged(Work&& work) {
  testing::internal::CaptureStderr();
  work();
  std::vector<std::string> lines;
  std::istringstream text(testing::internal::GetCapturedStderr());
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

class SseStateLog : public testing::Test {
 protected:
  Disconnect why(Cause cause, int status = 0) {
    return {cause, status, "what happened", false, milliseconds{250}};
  }
  FakeClock clock_;
  StateLog log_{"stream", clock_};
};

TEST_F(SseStateLog, SaysOnceThatTheStreamIsUp) {
  EXPECT_THAT(logged([&] {
                log_.on_frames();
                log_.on_frames();
              }),
              ElementsAre(AllOf(HasSubstr("level=info"), HasSubstr("stream is up"))));
}

TEST_F(SseStateLog, WritesOneLineForManyTriesThatFailAlike) {
  EXPECT_THAT(logged([&] {
                for (int i = 0; i < 10; ++i) log_.on_end(why(Cause::unreachable), false);
              }),
              ElementsAre(AllOf(HasSubstr("level=warn"), HasSubstr("cause=unreachable"),
                                HasSubstr("wait_ms=250"), HasSubstr("what happened"))));
}

TEST_F(SseStateLog, WritesAnotherLineWhenTheTroubleChanges) {
  EXPECT_THAT(logged([&] {
                log_.on_end(why(Cause::unreachable), false);
                log_.on_end(why(Cause::bad_status, 502), false);
                log_.on_end(why(Cause::bad_status, 403), true);
                log_.on_end(why(Cause::bad_status, 403), true);
              }),
              ElementsAre(HasSubstr("unreachable"), HasSubstr("level=warn"), HasSubstr("level=error")));
}

TEST_F(SseStateLog, SaysHowLongTheStreamWasAway) {
  EXPECT_THAT(logged([&] {
                log_.on_end(why(Cause::unreachable), false);
                clock_.advance(milliseconds{5'000});
                log_.on_end(why(Cause::unreachable), false);
                log_.on_frames();
              }),
              ElementsAre(HasSubstr("unreachable"),
                          AllOf(HasSubstr("up again"), HasSubstr("tries=2"), HasSubstr("away_ms=5000"))));
}

TEST_F(SseStateLog, TakesTheServersCutAsNormal) {
  log_.on_frames();
  EXPECT_THAT(logged([&] {
                log_.on_end(why(Cause::closed, 200), false);
                log_.on_frames();
              }),
              ElementsAre(AllOf(HasSubstr("level=info"), HasSubstr("cause=closed"))));
}

TEST_F(SseStateLog, HoldsBackTheLinesOfAServerThatCutsAllTheTime) {
  const auto cut = [&] {
    log_.on_frames();
    log_.on_end(why(Cause::cut, 200), false);
  };
  EXPECT_THAT(logged([&] {
                for (int i = 0; i < 50; ++i) cut();
              }),
              ElementsAre(HasSubstr("stream is up"), HasSubstr("cause=cut")));
  clock_.advance(milliseconds{60'000});
  EXPECT_THAT(logged(cut), ElementsAre(HasSubstr("not_shown=49")));
}

}  // namespace
}  // namespace wikiflow::sse
