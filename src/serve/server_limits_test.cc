#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <random>
#include <thread>

#include "base/eventually.h"
#include "serve/raw_client_test.h"
#include "serve/server.h"

namespace wikiflow::serve {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

// Long enough that a test's next line is always in time, short enough to wait for.
constexpr std::chrono::milliseconds kShort = 500ms;

class ServerLimitsTest : public testing::Test {
 protected:
  void start(ServerOptions options = {}, std::vector<Route> routes = {}) {
    options.address = "127.0.0.1:0";
    routes.push_back({.path = "/hello", .get = [](const Request&) { return json("hello"); }});
    auto server = Server::start(options, std::move(routes), metrics_);
    ASSERT_TRUE(server) << server.error().what;
    server_ = std::move(*server);
  }
  RawClient client() const { return RawClient(server_->address()); }
  bool shows(const std::string& text) const { return metrics_.exposition().find(text) != std::string::npos; }

  // The status of the answer to `bytes`, after which the server must have closed.
  int refused_with(const std::string& bytes) {
    auto one = client();
    one.send(bytes);
    const int status = one.receive().status;
    EXPECT_TRUE(one.at_end()) << "still open after " << bytes.substr(0, 60);
    return status;
  }

  Metrics metrics_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerLimitsTest, RefusesAHeadThatIsTooLarge) {
  start();
  EXPECT_EQ(refused_with("GET /hello HTTP/1.1\r\nHost: test\r\nX: " + std::string(16'400, 'x') + "\r\n\r\n"),
            431);
  EXPECT_EQ(refused_with("GET /" + std::string(40'000, 'x')), 431);
  std::string many = "GET /hello HTTP/1.1\r\nHost: test\r\n";
  for (int i = 0; i < 5000; ++i) many += "A: b\r\n";
  EXPECT_EQ(refused_with(many), 431);
  EXPECT_TRUE(shows("wikiflow_http_malformed_requests_total 3"));
}

TEST_F(ServerLimitsTest, TakesAHeadThatIsJustSmallEnough) {
  start();
  auto one = client();
  one.send("GET /hello HTTP/1.1\r\nHost: test\r\nX: " + std::string(16'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(one.receive().status, 200);
}

TEST_F(ServerLimitsTest, RefusesABodyThatIsTooLarge) {
  start();
  const std::string head = "POST /hello HTTP/1.1\r\nHost: test\r\n";
  EXPECT_EQ(refused_with(head + "Content-Length: 65537\r\n\r\n"), 413);
  EXPECT_EQ(refused_with(head + "Content-Length: 300000\r\n\r\n" + std::string(300'000, 'x')), 413);
  EXPECT_EQ(refused_with(head + "Transfer-Encoding: chunked\r\n\r\n18000\r\n" + std::string(0x18000, 'x')),
            413);
}

TEST_F(ServerLimitsTest, DropsASmallBodyAndKeepsTheConnection) {
  start();
  auto one = client();
  one.send("POST /hello HTTP/1.1\r\nHost: test\r\nContent-Length: 65536\r\n\r\n" + std::string(65'536, 'G'));
  EXPECT_EQ(one.receive().status, 405);
  one.send("GET /hello HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\n\r\n");
  EXPECT_EQ(one.receive().status, 200);
  EXPECT_EQ(one.get("/hello").status, 200);
}

TEST_F(ServerLimitsTest, AnswersAClientThatAsksBeforeItSendsABody) {
  start();
  EXPECT_EQ(
      refused_with("PUT /hello HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"),
      405);
}

TEST_F(ServerLimitsTest, RefusesWhatIsNotHttp) {
  start();
  for (const std::string bytes :
       {"hello\r\n\r\n", "GET\r\n\r\n", "GET /hello\r\n\r\n", "GET /hello HTTP/3.7\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 a TLS client\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost test\r\n\r\n", "GET /hello HTTP/1.1\nHost: test\n\n",
        "GET /hello HTTP/1.1\r\nHost: test\r\nContent-Length: many\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /hello HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    EXPECT_EQ(refused_with(bytes), 400) << bytes;
  }
}

TEST_F(ServerLimitsTest, WantsExactlyOneHost) {
  start();
  auto one = client();
  one.send("GET /hello HTTP/1.1\r\n\r\n");
  EXPECT_EQ(one.receive().status, 400);
  one.send("GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  EXPECT_EQ(one.receive().status, 400);
  EXPECT_EQ(one.get("/hello").status, 200);
}

TEST_F(ServerLimitsTest, TellsConnectionsBeyondTheLimitToTryAgain) {
  start({.max_connections = 3});
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(std::make_unique<RawClient>(server_->address()));
    ASSERT_EQ(held.back()->get("/hello").status, 200);
  }
  auto more = client();
  const auto answer = more.receive();
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.has("Retry-After: 1"));
  more.end_sending();
  EXPECT_TRUE(more.at_end());
  EXPECT_TRUE(shows("wikiflow_http_connections_rejected_total 1"));
  EXPECT_EQ(held[0]->get("/hello").status, 200);

  held.clear();
  EXPECT_TRUE(eventually([&] { return client().get("/hello").status == 200; }));
}

TEST_F(ServerLimitsTest, AFloodOfConnectionsLeavesThoseInsideServed) {
  start({.max_connections = 2});
  auto inside = client();
  ASSERT_EQ(inside.get("/hello").status, 200);
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 200; ++i) flood.push_back(std::make_unique<RawClient>(server_->address()));
  EXPECT_EQ(inside.get("/hello").status, 200);
  EXPECT_TRUE(eventually([&] { return shows("wikiflow_http_connections_rejected_total 199"); }));
}

TEST_F(ServerLimitsTest, DropsAClientThatSaysNothing) {
  start({.idle_timeout = kShort});
  EXPECT_TRUE(client().at_end());
  EXPECT_TRUE(shows("wikiflow_http_connections_dropped_total{reason=\"idle\"} 1"));
  auto after_one = client();
  EXPECT_EQ(after_one.get("/hello").status, 200);
  EXPECT_TRUE(after_one.at_end());
  EXPECT_TRUE(shows("wikiflow_http_connections_dropped_total{reason=\"idle\"} 2"));
}

TEST_F(ServerLimitsTest, DropsAClientThatNeverEndsItsRequest) {
  start({.idle_timeout = kShort});
  auto one = client();
  one.send("GET /hello HTTP/1.1\r\n");
  // It goes on sending, so it is never silent; only the whole takes too long.
  EXPECT_TRUE(eventually([&] { return !one.send("A: b\r\n") || (std::this_thread::sleep_for(5ms), false); }));
  EXPECT_TRUE(shows("wikiflow_http_connections_dropped_total{reason=\"slow_request\"} 1"));
}

TEST_F(ServerLimitsTest, DropsAClientThatSendsOnlyEmptyLines) {
  start({.idle_timeout = kShort});
  auto one = client();
  EXPECT_TRUE(eventually([&] { return !one.send("\r\n") || (std::this_thread::sleep_for(5ms), false); }));
  EXPECT_TRUE(shows("wikiflow_http_connections_dropped_total{reason=\"idle\"} 1"));
}

TEST_F(ServerLimitsTest, DropsAClientThatDoesNotReadItsAnswer) {
  const auto body = std::make_shared<const std::string>(64'000'000, 'x');
  start({.idle_timeout = kShort}, {{.path = "/large", .get = [&](const Request&) {
                                      Response response;
                                      response.body = body;
                                      return response;
                                    }}});
  auto one = client();
  one.send("GET /large HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_TRUE(
      eventually([&] { return shows("wikiflow_http_connections_dropped_total{reason=\"slow_reader\"} 1"); }));
  EXPECT_EQ(one.receive().status, 0);
  EXPECT_EQ(client().get("/hello").status, 200);
}

TEST_F(ServerLimitsTest, AHandlerMayTakeLongerThanAClientMay) {
  std::latch let_go(1);
  start({.idle_timeout = kShort}, {{.path = "/slow", .get = [&](const Request&) {
                                      let_go.wait();
                                      return json("slow");
                                    }}});
  auto slow = client();
  slow.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_TRUE(client().at_end());  // by then the time allowed to a client has passed
  let_go.count_down();
  EXPECT_EQ(slow.receive().body, "slow");
}

TEST_F(ServerLimitsTest, FinishesTheAnswerUnderWayWhenStopped) {
  std::latch begun(1);
  std::latch let_go(1);
  start({}, {{.path = "/slow", .get = [&](const Request&) {
                begun.count_down();
                let_go.wait();
                return json("slow");
              }}});
  auto idle = client();
  ASSERT_EQ(idle.get("/hello").status, 200);
  auto busy = client();
  busy.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
  begun.wait();
  std::thread stopper([&] { server_->stop(20s); });
  EXPECT_TRUE(idle.at_end());
  let_go.count_down();
  const auto answer = busy.receive();
  EXPECT_EQ(answer.body, "slow");
  EXPECT_TRUE(answer.has("Connection: close"));
  EXPECT_TRUE(busy.at_end());
  stopper.join();
  EXPECT_FALSE(client().connected());
  server_->stop(1s);
}

TEST_F(ServerLimitsTest, StopsWithinItsLimitThoughAClientDoesNotRead) {
  const auto body = std::make_shared<const std::string>(64'000'000, 'x');
  start({}, {{.path = "/large", .get = [&](const Request&) {
                Response response;
                response.body = body;
                return response;
              }}});
  auto one = client();
  one.send("GET /large HTTP/1.1\r\nHost: test\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return body.use_count() > 1; }));
  server_->stop(10ms);
  server_.reset();
  EXPECT_EQ(body.use_count(), 1);
}

TEST(ServerStart, SaysWhoHoldsThePortAndWhatToSet) {
  Metrics metrics;
  const auto first = Server::start({.address = "127.0.0.1:0"}, {}, metrics);
  ASSERT_TRUE(first);
  const auto second = Server::start({.address = (*first)->address()}, {}, metrics);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::fatal);
  EXPECT_THAT(second.error().what, HasSubstr((*first)->address()));
  EXPECT_THAT(second.error().what, HasSubstr("HTTP_ADDR"));
}

TEST(ServerStart, ListensOnAllInterfacesOrOne) {
  Metrics metrics;
  const auto all = Server::start({.address = ":0"},
                                 {{.path = "/", .get = [](const Request&) { return json("1"); }}}, metrics);
  ASSERT_TRUE(all) << all.error().what;
  EXPECT_EQ(RawClient((*all)->address()).get("/").status, 200);
  const auto named = Server::start({.address = "localhost:0"}, {}, metrics);
  ASSERT_TRUE(named) << named.error().what;
  EXPECT_THAT((*named)->address(), AnyOf(HasSubstr("127.0.0.1:"), HasSubstr("[::1]:")));
}

TEST(ServerStart, RefusesAnAddressThatIsNone) {
  Metrics metrics;
  for (const auto* address : {"8080", "no host:80", "host.invalid:80", "127.0.0.1:99999"}) {
    const auto server = Server::start({.address = address}, {}, metrics);
    ASSERT_FALSE(server) << address;
    EXPECT_EQ(server.error().kind, ErrorKind::bad_input) << server.error().what;
    EXPECT_THAT(server.error().what, HasSubstr("HTTP_ADDR"));
  }
}

// Bytes are changed, dropped, doubled and cut at random. Whatever comes, each connection ends with an answer
// or none, and the next client is served.
TEST_F(ServerLimitsTest, SurvivesMalformedRequests) {
  start({.idle_timeout = 5s});
  const std::vector<std::string> seeds{
      kGetHello,
      "POST /hello?a=%20b HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: "
      "chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: v\r\n\r\n",
      "HEAD http://test/hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "PUT /hello HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"};
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  for (int round = 0; round < 500; ++round) {
    std::string bytes = seeds[below(seeds.size())];
    for (auto changes = below(4) + 1; changes > 0; --changes) {
      const auto at = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 1:
          bytes.erase(at, below(8) + 1);
          break;
        case 2:
          bytes.insert(at, bytes.substr(0, below(bytes.size())));
          break;
        default:
          bytes.insert(at, below(64), static_cast<char>(below(256)));
          break;
      }
      if (bytes.empty()) bytes = "x";
    }
    auto one = client();
    one.send(bytes);
    one.end_sending();
    ASSERT_TRUE(eventually([&] { return one.receive().status == 0; })) << bytes;
    if (round % 50 == 0) {
      ASSERT_EQ(client().get("/hello").status, 200);
    }
  }
  ASSERT_EQ(client().get("/hello").status, 200);
}

}  // namespace
}  // namespace wikiflow::serve
