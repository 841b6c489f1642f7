// The client on the way to the server: TLS, HTTP/2, proxies, time-outs, and stopping in the midst of each.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "base/clock_fake.h"
#include "sse/client.h"
#include "sse/client_sink_fake.h"
#include "sse/test_server_fake.h"

namespace wikiflow::sse {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

ClientOptions options_for(const TestServer& server) {
  ClientOptions options;
  options.url = server.url();
  options.user_agent = "wikiflow-test/1 (test@example.org)";
  options.ca_file = server.ca_file();
  return options;
}

// Runs until the server says 204, or until the first connection has failed.
RecordingSink run_once(const ClientOptions& options) {
  RecordingSink sink;
  FakeClock clock;
  Metrics metrics;
  std::stop_source stop;
  sink.after_disconnect = [&] { stop.request_stop(); };
  Client(options, metrics, clock).run(sink, stop.get_token());
  return sink;
}

const TestServer::Tls kTls{.on = true};

TEST(SseClientTls, ReadsFromAServerWhoseCertificateItCanVerify) {
  const TestServer server({answer_stream("data: a\n\n")}, kTls);
  const auto sink = run_once(options_for(server));
  EXPECT_THAT(sink.data(), ElementsAre("a"));
  EXPECT_THAT(sink.causes(), ElementsAre(Cause::closed));
}

TEST(SseClientTls, RefusesACertificateThatNobodyVouchesFor) {
  const TestServer server({answer_stream("data: a\n\n")}, kTls);
  auto options = options_for(server);
  options.ca_file.clear();
  const auto sink = run_once(options);
  EXPECT_THAT(sink.data(), ElementsAre());
  EXPECT_THAT(sink.causes(), ElementsAre(Cause::unreachable));
  EXPECT_THAT(sink.disconnects[0].detail, HasSubstr("certificate"));
}

TEST(SseClientTls, RefusesACertificateForAnotherName) {
  const TestServer server({answer_stream("data: a\n\n")}, {.on = true, .name = "DNS:stream.example.org"});
  const auto sink = run_once(options_for(server));
  EXPECT_THAT(sink.data(), ElementsAre());
  EXPECT_THAT(sink.causes(), ElementsAre(Cause::unreachable));
}

TEST(SseClientTls, DoesNotFollowARedirectToPlainHttp) {
  const TestServer plain({answer_stream("data: a\n\n")});
  const TestServer server({answer_status("302 Found", "Location: " + plain.url() + "\r\n")}, kTls);
  const auto sink = run_once(options_for(server));
  EXPECT_THAT(sink.data(), ElementsAre());
  EXPECT_THAT(sink.causes(), ElementsAre(Cause::bad_status));
  EXPECT_TRUE(plain.requests().empty());
}

std::string http2_frame(char type, char flags, char stream, std::string_view payload) {
  std::string frame(9, '\0');
  frame[1] = static_cast<char>(payload.size() >> 8U);
  frame[2] = static_cast<char>(payload.size() & 0xFFU);
  frame[3] = type;
  frame[4] = flags;
  frame[8] = stream;
  return frame.append(payload);
}

// As much of RFC 9113 as one request needs: `:status: 200` and `content-type` by HPACK's static table.
void answer_by_http2(TestConnection& connection) {
  constexpr char kData = 0;
  constexpr char kHeaders = 1;
  constexpr char kSettings = 4;
  constexpr char kAck = 1;
  connection.receive(std::string_view("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").size());
  connection.send(http2_frame(kSettings, 0, 0, ""));
  for (;;) {
    const std::string head = connection.receive(9);
    if (head.size() < 9) return;
    const auto byte = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(head[i])}; };
    connection.receive((byte(0) << 16U) + (byte(1) << 8U) + byte(2));
    if (head[3] == kSettings && head[4] == 0) connection.send(http2_frame(kSettings, kAck, 0, ""));
    if (head[3] != kHeaders) continue;
    connection.send(http2_frame(kHeaders, 4, head[8], "\x88\x0f\x10\x11text/event-stream"));
    connection.send(http2_frame(kData, 0, head[8], "id: 1\nda"));
    connection.send(http2_frame(kData, 0, head[8], "ta: a\n\n"));
    connection.send(http2_frame(kData, 1, head[8], ""));
    connection.wait_closed();
    return;
  }
}

TEST(SseClientHttp2, ReadsAStreamFromAServerThatOffersIt) {
  const TestServer server({answer_by_http2}, {.on = true, .http2 = true});
  const auto sink = run_once(options_for(server));
  EXPECT_THAT(sink.frames, ElementsAre(OwnedFrame{"message", "a", "1"}));
  EXPECT_THAT(sink.causes(), ElementsAre(Cause::closed));
}

// Sets a variable of the environment for as long as it lives.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~Environment() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

TEST(SseClientProxy, GoesThroughTheProxyThatTheEnvironmentNames) {
  const Environment none("no_proxy", "");
  const Environment none_either("NO_PROXY", "");
  const TestServer proxy({answer_stream("data: a\n\n")});
  const Environment by("http_proxy", proxy.url(""));
  auto options = options_for(proxy);
  options.url = "http://stream.example.org/v2/stream/recentchange";
  const auto sink = run_once(options);
  EXPECT_THAT(sink.data(), ElementsAre("a"));
  EXPECT_EQ(proxy.requests().at(0).target, options.url);
}

TEST(SseClientProxy, CallsAServerUnreachableThatTheProxyDoesNotReach) {
  const Environment none("no_proxy", "");
  const Environment none_either("NO_PROXY", "");
  const TestServer proxy({answer_status("502 Bad Gateway")});
  const Environment by("https_proxy", proxy.url(""));
  auto options = options_for(proxy);
  options.url = "https://stream.example.org/v2/stream/recentchange";
  const auto sink = run_once(options);
  EXPECT_EQ(proxy.requests().at(0).method, "CONNECT");
  EXPECT_THAT(sink.causes(), ElementsAre(Cause::unreachable));
  EXPECT_THAT(sink.disconnects[0].detail, HasSubstr("502"));
}

void say_nothing(TestConnection& connection) { connection.wait_closed(); }

TEST(SseClientTimeout, GivesUpOnAServerThatDoesNotFinishTheHandshake) {
  const TestServer server({say_nothing}, {.on = true, .handshake = false});
  auto options = options_for(server);
  options.connect_timeout = milliseconds{50};
  const auto sink = run_once(options);
  EXPECT_THAT(sink.causes(), ElementsAre(Cause::unreachable));
}

// Where a client that would otherwise stay for hours is told to stop.
struct Stopped {
  explicit Stopped(ClientOptions given) : options(std::move(given)) {
    options.connect_timeout = options.silence_timeout = hours{1};
    options.backoff_first = options.backoff_cap = hours{1};
  }

  // Stops the client once it has reached the place, and tells whether it came to an end.
  bool ends(const std::function<void()>& wait_for_place) {
    auto running = std::async(std::launch::async,
                              [this] { return Client(options, metrics).run(sink, stop.get_token()); });
    wait_for_place();
    stop.request_stop();
    return running.wait_for(std::chrono::seconds{60}) == std::future_status::ready &&
           running.get() == Ended::stopped;
  }

  ClientOptions options;
  Metrics metrics;
  RecordingSink sink;
  std::stop_source stop;
};

TEST(SseClientStop, IsPromptWhileConnecting) {
  std::promise<void> connected;
  const TestServer server({[&](TestConnection& connection) {
                            connection.receive(1);  // of the client's hello
                            connected.set_value();
                            connection.wait_closed();
                          }},
                          {.on = true, .handshake = false});
  EXPECT_TRUE(Stopped(options_for(server)).ends([&] { connected.get_future().wait(); }));
}

TEST(SseClientStop, IsPromptInSilence) {
  std::promise<void> silent;
  const TestServer server({[&](TestConnection& connection) {
    connection.read_request();
    connection.send(kStreamHead);
    silent.set_value();
    connection.wait_closed();
  }});
  EXPECT_TRUE(Stopped(options_for(server)).ends([&] { silent.get_future().wait(); }));
}

TEST(SseClientStop, IsPromptWhileWaitingToTryAgain) {
  const TestServer server({answer_status("500 Internal Server Error")});
  std::promise<void> waiting;
  Stopped client(options_for(server));
  client.sink.after_disconnect = [&] { waiting.set_value(); };
  EXPECT_TRUE(client.ends([&] { waiting.get_future().wait(); }));
}

TEST(SseClientStop, ConnectsToNothingWhenAlreadyAskedToStop) {
  const TestServer server({});
  Stopped client(options_for(server));
  client.stop.request_stop();
  EXPECT_TRUE(client.ends([] {}));
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace wikiflow::sse
