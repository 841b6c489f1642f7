// When the client tries again, and what it says of an answer that is not a stream.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "base/clock_fake.h"
#include "sse/client.h"
#include "sse/client_sink_fake.h"
#include "sse/test_server_fake.h"

namespace wikiflow::sse {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

struct RetryRig {
  explicit RetryRig(std::vector<Step> script) : server(std::move(script)) {
    options.url = server.url();
    options.user_agent = "wikiflow-test/1 (test@example.org)";
    options.seed = 11;
  }
  void run() { EXPECT_EQ(Client(options, metrics, clock).run(sink, {}), Ended::no_content); }

  std::vector<milliseconds> waits() const {
    std::vector<milliseconds> all;
    for (const auto& why : sink.disconnects) {
      if (why.wait) all.push_back(*why.wait);
    }
    return all;
  }

  TestServer server;
  ClientOptions options;
  FakeClock clock;
  Metrics metrics;
  RecordingSink sink;
};

std::vector<Step> times(int count, const Step& step) {
  return std::vector<Step>(static_cast<std::size_t>(count), step);
}

Disconnect first_of(const std::string& status, const std::string& headers = "",
                    const std::string& body = "") {
  RetryRig rig({answer_status(status, headers, body)});
  rig.run();
  return rig.sink.disconnects.at(0);
}

TEST(SseClientRetry, WaitsWithFullJitterFromOneSecondToOneMinute) {
  RetryRig rig(times(40, answer_status("503 Service Unavailable")));
  rig.run();
  const auto waits = rig.waits();
  ASSERT_EQ(waits.size(), 40U);
  milliseconds ceiling{1'000};
  milliseconds longest{0};
  for (const auto wait : waits) {
    EXPECT_THAT(wait, AllOf(Ge(milliseconds{0}), Le(ceiling)));
    longest = std::max(longest, wait);
    ceiling = std::min(ceiling * 2, milliseconds{60'000});
  }
  EXPECT_GT(longest, milliseconds{30'000});
  EXPECT_GT(rig.clock.elapsed(), longest) << "the waits were not waited";
}

TEST(SseClientRetry, TwoClientsWithDifferentSeedsDoNotComeBackTogether) {
  const auto waits = [](std::uint64_t seed) {
    RetryRig rig(times(5, answer_status("503 Service Unavailable")));
    rig.options.seed = seed;
    rig.run();
    return rig.waits();
  };
  EXPECT_NE(waits(1), waits(2));
  EXPECT_EQ(waits(1), waits(1));
}

TEST(SseClientRetry, BeginsWithShortWaitsAgainAfterAHealthyMinute) {
  auto script = times(20, answer_status("503 Service Unavailable"));
  script.push_back(answer_stream("data: a\n\n"));
  RetryRig rig(std::move(script));
  rig.sink.then = [&] {
    rig.clock.advance(seconds{60});
    return true;
  };
  rig.run();
  ASSERT_EQ(rig.waits().size(), 21U);
  EXPECT_LE(rig.waits().back(), seconds{1});
}

TEST(SseClientRetry, KeepsBackingOffFromAServerThatAlwaysCutsSoon) {
  RetryRig rig(times(40, answer_stream("data: a\n\n")));
  rig.run();
  const auto waits = rig.waits();
  EXPECT_GT(*std::max_element(waits.begin(), waits.end()), seconds{30});
}

TEST(SseClientRetry, ObeysRetryAfterInSecondsAndAddsItsJitter) {
  const auto why = first_of("503 Service Unavailable", "Retry-After: 120\r\n");
  EXPECT_THAT(why.wait.value(), AllOf(Ge(seconds{120}), Le(seconds{121})));
}

TEST(SseClientRetry, ObeysRetryAfterAsADate) {
  const std::time_t at = std::time(nullptr) + 300;
  std::tm utc{};
  gmtime_r(&at, &utc);
  std::string date(64, '\0');
  date.resize(std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc));
  const auto why = first_of("429 Too Many Requests", "Retry-After: " + date + "\r\n");
  EXPECT_THAT(why.wait.value(), AllOf(Ge(seconds{100}), Le(seconds{301})));
}

TEST(SseClientRetry, CapsWhatAServerAsksFor) {
  EXPECT_THAT(first_of("503 Service Unavailable", "Retry-After: 1000000\r\n").wait.value(),
              AllOf(Ge(seconds{600}), Le(seconds{601})));
  EXPECT_THAT(first_of("503 Service Unavailable", "Retry-After: soon\r\n").wait.value(), Le(seconds{1}));
}

TEST(SseClientRetry, ObeysTheStreamsRetryField) {
  RetryRig rig({answer_stream("retry: 5000\ndata: a\n\n"), answer_stream("data: b\n\n"),
                answer_stream("retry: 99999999\ndata: c\n\n")});
  rig.run();
  const auto waits = rig.waits();
  ASSERT_EQ(waits.size(), 3U);
  EXPECT_THAT(waits[0], AllOf(Ge(seconds{5}), Le(seconds{6})));
  EXPECT_THAT(waits[1], AllOf(Ge(seconds{5}), Le(seconds{7})));
  EXPECT_THAT(waits[2], AllOf(Ge(seconds{600}), Le(seconds{604})));
}

TEST(SseClientRetry, WaitsTheLongestAfterARefusalAndSaysTheWayOut) {
  const std::vector<std::pair<std::string, std::string>> refusals{
      {"400 Bad Request", "parameters"},
      {"403 Forbidden", "CONTACT"},
      {"404 Not Found", "Last-Event-ID"},
      {"407 Proxy Authentication Required", "credentials"},
      {"410 Gone", "URL"},
      {"429 Too Many Requests", "two connections"}};
  for (const auto& [status, way_out] : refusals) {
    const auto why = first_of(status);
    EXPECT_EQ(why.cause, Cause::bad_status);
    EXPECT_EQ(why.status, std::stoi(status));
    EXPECT_EQ(why.wait, seconds{60}) << status;
    EXPECT_THAT(why.detail, AllOf(HasSubstr(status.substr(0, 3)), HasSubstr(way_out)));
  }
}

TEST(SseClientRetry, QuotesTheBeginningOfWhatARefusalSays) {
  const auto why = first_of("400 Bad Request", "", "since=\xFF is no time" + std::string(100'000, 'x'));
  EXPECT_THAT(why.detail, HasSubstr("since=\xEF\xBF\xBD is no time"));
  EXPECT_LT(why.detail.size(), 1000U);
}

TEST(SseClientRetry, RefusesAnAnswerThatIsNoEventStreamAndTriesAgain) {
  RetryRig rig({answer_status("200 OK", "Content-Type: text/html\r\n", "data: a\n\n"),
                answer_status("200 OK", "", "data: b\n\n"),
                answer_status("200 OK", "Content-Type: text/event-streams\r\n", "data: c\n\n"),
                answer_stream("data: d\n\n")});
  rig.run();
  EXPECT_THAT(rig.sink.data(), testing::ElementsAre("d"));
  EXPECT_THAT(rig.sink.causes(), testing::ElementsAre(Cause::bad_type, Cause::bad_type, Cause::bad_type,
                                                      Cause::closed, Cause::no_content));
  EXPECT_THAT(rig.sink.disconnects[0].detail, HasSubstr("text/html"));
  EXPECT_EQ(rig.sink.opened, 1);
}

TEST(SseClientRetry, FollowsRedirectsWithTheLastEventId) {
  RetryRig rig(
      {answer_status("302 Found", "Location: /elsewhere\r\n", "moved"), answer_stream("data: a\n\n")});
  rig.sink.id = "[1]";
  rig.run();
  EXPECT_THAT(rig.sink.data(), testing::ElementsAre("a"));
  EXPECT_EQ(rig.server.requests()[1].target, "/elsewhere");
  EXPECT_EQ(rig.server.requests()[1].headers.at("last-event-id"), "[1]");
}

TEST(SseClientRetry, GivesUpOnRedirectsThatGoInACircle) {
  RetryRig rig(times(Client::kMaxRedirects + 1, answer_status("301 Moved", "Location: /stream\r\n")));
  rig.run();
  EXPECT_EQ(rig.sink.disconnects[0].cause, Cause::bad_status);
  EXPECT_EQ(rig.sink.disconnects[0].status, 301);
  EXPECT_THAT(rig.sink.disconnects[0].detail, HasSubstr("leads nowhere"));
  EXPECT_EQ(rig.sink.disconnects.size(), 2U);
}

TEST(SseClientRetry, TriesAgainWhenNobodyListens) {
  const RefusingPort closed;
  RetryRig rig({});
  rig.options.url = "http://user:secret@127.0.0.1:" + std::to_string(closed.port()) + "/stream";
  std::stop_source stop;
  rig.sink.after_disconnect = [&] {
    if (rig.sink.disconnects.size() == 3) stop.request_stop();
  };
  EXPECT_EQ(Client(rig.options, rig.metrics, rig.clock).run(rig.sink, stop.get_token()), Ended::stopped);
  EXPECT_THAT(rig.sink.causes(), Each(Cause::unreachable));
  const std::string detail = rig.sink.disconnects[0].detail;
  EXPECT_THAT(detail, HasSubstr("127.0.0.1:" + std::to_string(closed.port())));
  EXPECT_THAT(detail, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace wikiflow::sse
