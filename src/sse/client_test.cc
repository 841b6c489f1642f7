#include "sse/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/clock_fake.h"
#include "sse/client_sink_fake.h"
#include "sse/test_server_fake.h"

namespace wikiflow::sse {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

ClientOptions options_for(const std::string& url) {
  ClientOptions options;
  options.url = url;
  options.user_agent = "wikiflow-test/1 (https://example.org; test@example.org)";
  options.seed = 7;
  return options;
}

// A client whose waits between tries take no time.
struct Rig {
  explicit Rig(std::vector<Step> script) : server(std::move(script)), options(options_for(server.url())) {}
  Ended run() { return Client(options, metrics, clock).run(sink, stop.get_token()); }

  TestServer server;
  ClientOptions options;
  FakeClock clock;
  Metrics metrics;
  RecordingSink sink;
  std::stop_source stop;
};

TEST(SseClient, HandsOutFramesAndComesBackAfterTheServersCut) {
  Rig rig({answer_stream(":ok\n\nid: 1\ndata: a\n\n"), answer_stream("data: b\n\n")});
  EXPECT_EQ(rig.run(), Ended::no_content);
  EXPECT_THAT(rig.sink.frames, ElementsAre(OwnedFrame{"message", "a", "1"}, OwnedFrame{"message", "b", "1"}));
  EXPECT_THAT(rig.sink.causes(), ElementsAre(Cause::closed, Cause::closed, Cause::no_content));
  EXPECT_TRUE(rig.sink.disconnects[0].healthy);
  EXPECT_EQ(rig.sink.disconnects[0].status, 200);
  EXPECT_EQ(rig.sink.opened, 2);
}

TEST(SseClient, SaysWhoItIsAndWhatItWants) {
  Rig rig({});
  rig.run();
  ASSERT_EQ(rig.server.requests().size(), 1U);
  const auto request = rig.server.requests()[0];
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/stream");
  EXPECT_EQ(request.headers.at("user-agent"), rig.options.user_agent);
  EXPECT_EQ(request.headers.at("accept"), "text/event-stream");
  EXPECT_EQ(request.headers.count("last-event-id"), 0U);
}

TEST(SseClient, AsksTheSinkForTheLastEventIdBeforeEachConnection) {
  Rig rig({answer_stream("data: a\n\n")});
  rig.sink.after_disconnect = [&] { rig.sink.id = R"([{"topic":"a","timestamp":5}])"; };
  rig.run();
  const auto requests = rig.server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].headers.count("last-event-id"), 0U);
  EXPECT_EQ(requests[1].headers.at("last-event-id"), R"([{"topic":"a","timestamp":5}])");
}

TEST(SseClient, SendsNoLastEventIdThatWouldForgeAHeader) {
  Rig rig({});
  rig.sink.id = "1\r\nX-Forged: 1";
  rig.run();
  EXPECT_EQ(rig.server.requests()[0].headers.count("last-event-id"), 0U);
  EXPECT_EQ(rig.server.requests()[0].headers.count("x-forged"), 0U);
}

TEST(SseClient, ReadsAChunkedStreamInPiecesOfOneByte) {
  Rig rig({[](TestConnection& connection) {
    connection.read_request();
    const std::string answer =
        "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        "6\r\ndata: \r\n4\r\nabc\n\r\n1\r\n\n\r\n0\r\n\r\n";
    for (const char byte : answer) connection.send(std::string_view(&byte, 1));
  }});
  rig.run();
  EXPECT_THAT(rig.sink.data(), ElementsAre("abc"));
  EXPECT_EQ(rig.sink.disconnects[0].cause, Cause::closed);
}

TEST(SseClient, CallsAStreamThatBreaksOffInAChunkCutAndDropsTheUnfinishedEvent) {
  Rig rig(
      {answer("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
              "ff\r\ndata: a\n\ndata: half\n")});
  rig.run();
  EXPECT_THAT(rig.sink.data(), ElementsAre("a"));
  EXPECT_THAT(rig.sink.causes(), ElementsAre(Cause::cut, Cause::no_content));
}

TEST(SseClient, ComesBackAfterAReset) {
  Rig rig({[](TestConnection& connection) {
             connection.read_request();
             connection.reset();
           },
           answer_stream("data: a\n\n")});
  rig.run();
  EXPECT_THAT(rig.sink.causes(), ElementsAre(Cause::cut, Cause::closed, Cause::no_content));
  EXPECT_FALSE(rig.sink.disconnects[0].healthy);
}

TEST(SseClient, NoticesAHalfOpenConnectionByItsSilence) {
  Rig rig({});
  TestServer server({[&](TestConnection& connection) {
    connection.read_request();
    connection.send(std::string(kStreamHead) + "data: a\n\n");
    while (!connection.closed_within(milliseconds{20})) rig.clock.advance(milliseconds{30'000});
  }});
  rig.options.url = server.url();
  rig.run();
  EXPECT_THAT(rig.sink.causes(), ElementsAre(Cause::silence, Cause::no_content));
  EXPECT_THAT(rig.sink.disconnects[0].detail, HasSubstr("30000 ms"));
}

TEST(SseClient, EndsInSilenceWhenItsSinkWantsNoMore) {
  Rig rig({[](TestConnection& connection) {
    connection.read_request();
    connection.send(std::string(kStreamHead) + "data: a\n\n");
    connection.wait_closed();
  }});
  rig.sink.more = [&] { return rig.sink.frames.empty(); };
  EXPECT_EQ(rig.run(), Ended::by_sink);
  EXPECT_THAT(rig.sink.data(), ElementsAre("a"));
  EXPECT_THAT(rig.sink.causes(), testing::IsEmpty());
}

TEST(SseClient, NoticesAServerThatNeverAnswers) {
  Rig rig({[](TestConnection& connection) {
    connection.read_request();
    connection.wait_closed();
  }});
  rig.options.silence_timeout = milliseconds{50};
  Client client(rig.options, rig.metrics);  // on the machine's clock
  rig.sink.after_disconnect = [&] { rig.stop.request_stop(); };
  EXPECT_EQ(client.run(rig.sink, rig.stop.get_token()), Ended::stopped);
  EXPECT_THAT(rig.sink.causes(), ElementsAre(Cause::silence));
}

TEST(SseClient, DoesNotTakeTheSinksOwnTimeForSilence) {
  std::atomic<int> seen{0};
  Rig rig({[&](TestConnection& connection) {
    connection.read_request();
    connection.send(kStreamHead);
    for (int i = 0; i < 3; ++i) {
      connection.send("data: a\n\n");
      while (seen <= i && !connection.closed_within(milliseconds{5})) continue;
    }
  }});
  rig.sink.then = [&] {
    rig.clock.advance(hours{2});
    ++seen;
    return true;
  };
  rig.run();
  EXPECT_EQ(rig.sink.frames.size(), 3U);
  EXPECT_EQ(rig.sink.disconnects[0].cause, Cause::closed);
}

TEST(SseClient, ReadsNothingWhileTheSinkIsBusy) {
  constexpr std::size_t kMuch = std::size_t{128} << 20U;
  std::atomic<bool> sent{false};
  std::atomic<std::size_t> taken{0};
  Rig rig({[&](TestConnection& connection) {
    connection.read_request();
    connection.send(std::string(kStreamHead) + "data: a\n\n");
    taken = connection.send_what_goes(std::string(kMuch, ':'), milliseconds{200});
    sent = true;
    sent.notify_all();
  }});
  rig.sink.then = [&] {
    sent.wait(false);
    return false;
  };
  EXPECT_EQ(rig.run(), Ended::by_sink);
  EXPECT_LT(taken, kMuch);
}

TEST(SseClient, EndsWhenTheSinkSaysSo) {
  Rig rig({answer_stream("data: a\n\ndata: b\n\n")});
  rig.sink.then = [] { return false; };
  EXPECT_EQ(rig.run(), Ended::by_sink);
  EXPECT_THAT(rig.sink.data(), ElementsAre("a"));
  EXPECT_TRUE(rig.sink.disconnects.empty());
}

TEST(SseClient, GivesTheSinksOwnExceptionBackAndCanRunAgain) {
  Rig rig({answer_stream("data: a\n\n"), answer_stream("data: b\n\n")});
  Client client(rig.options, rig.metrics, rig.clock);
  rig.sink.then = []() -> bool { throw std::runtime_error("of the sink"); };
  EXPECT_THROW(client.run(rig.sink, {}), std::runtime_error);
  EXPECT_THAT(rig.metrics.exposition(), HasSubstr("wikiflow_stream_connected 0"));
  rig.sink.then = nullptr;
  EXPECT_EQ(client.run(rig.sink, {}), Ended::no_content);
  EXPECT_THAT(rig.sink.data(), ElementsAre("a", "b"));
}

TEST(SseClient, SkipsAndReportsAnEventOverTheLimitAndGoesOn) {
  Rig rig({answer_stream("data: " + std::string(5000, 'x') + "\n\ndata: b\n\n")});
  rig.options.frame_limit = 1000;
  rig.run();
  EXPECT_THAT(rig.sink.data(), ElementsAre("b"));
  EXPECT_THAT(rig.sink.oversized, ElementsAre(5006U));
  EXPECT_THAT(rig.metrics.exposition(), HasSubstr("wikiflow_stream_oversized_total 1"));
}

TEST(SseClient, CountsWhatItReceivesAndWhyConnectionsEnd) {
  Rig rig({answer_stream(":ok\n\ndata: a\n\nevent: error\ndata: {}\n\n"), answer_status("502 Bad Gateway")});
  rig.run();
  const std::string text = rig.metrics.exposition();
  EXPECT_THAT(text, HasSubstr("wikiflow_stream_received_bytes_total 37"));
  EXPECT_THAT(text, HasSubstr("wikiflow_stream_frames_total 2"));
  EXPECT_THAT(text, HasSubstr("wikiflow_stream_error_frames_total 1"));
  EXPECT_THAT(text, HasSubstr("wikiflow_stream_connected 0"));
  EXPECT_THAT(text, HasSubstr("wikiflow_stream_disconnects_total{cause=\"closed\"} 1"));
  EXPECT_THAT(text, HasSubstr("wikiflow_stream_disconnects_total{cause=\"bad_status\"} 1"));
  EXPECT_THAT(text, HasSubstr("wikiflow_stream_disconnects_total{cause=\"no_content\"} 1"));
  EXPECT_THAT(text, HasSubstr("wikiflow_stream_last_byte_timestamp_seconds 1791207722"));
}

TEST(SseClientOptions, AreCheckedBeforeTheFirstTry) {
  const auto good = options_for("https://stream.wikimedia.org/v2/stream/recentchange");
  EXPECT_TRUE(check(good).has_value());
  const auto refused = [&](auto change) {
    ClientOptions options = good;
    change(options);
    const auto result = check(options);
    return result ? "" : result.error().what;
  };
  EXPECT_THAT(refused([](auto& o) { o.url = "recent change"; }), HasSubstr("recent change"));
  EXPECT_THAT(refused([](auto& o) { o.url = "example.org/stream"; }), HasSubstr("scheme"));
  EXPECT_THAT(refused([](auto& o) { o.url = "file:///etc/hosts"; }), HasSubstr("'file'"));
  EXPECT_THAT(refused([](auto& o) { o.user_agent.clear(); }), HasSubstr("User-Agent"));
  EXPECT_THAT(refused([](auto& o) { o.user_agent = "a\r\nb: c"; }), HasSubstr("User-Agent"));
  EXPECT_THAT(refused([](auto& o) { o.ca_file = "no/such/file.pem"; }), HasSubstr("no/such/file.pem"));
  EXPECT_THAT(refused([](auto& o) { o.silence_timeout = milliseconds{0}; }), HasSubstr("time-outs"));
}

}  // namespace
}  // namespace wikiflow::sse
