#include "serve/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "base/eventually.h"
#include "serve/raw_client_test.h"

namespace wikiflow::serve {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class ServerTest : public testing::Test {
 protected:
  void start(std::vector<Route> routes) {
    routes.push_back({.path = "/hello", .get = [](const Request&) { return json("{\"hello\":1}"); }});
    auto server = Server::start({.address = "127.0.0.1:0"}, std::move(routes), metrics_);
    ASSERT_TRUE(server) << server.error().what;
    server_ = std::move(*server);
  }
  void start() { start({}); }
  RawClient client() const { return RawClient(server_->address()); }

  Metrics metrics_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersAGet) {
  start();
  const auto answer = client().get("/hello");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{\"hello\":1}");
  EXPECT_TRUE(answer.has("\r\nContent-Type: application/json\r\n"));
  EXPECT_TRUE(answer.has("\r\nCache-Control: no-store\r\n"));
  EXPECT_TRUE(answer.has(" GMT\r\n")) << "no Date";
}

TEST_F(ServerTest, AnswersHeadWithTheHeadThatGetHas) {
  start();
  auto head = client();
  head.send("HEAD /hello HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto answer = head.receive(true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("Content-Length: 11\r\n"));
  EXPECT_EQ(head.get("/hello").status, 200) << "a body must not have followed";
}

TEST_F(ServerTest, SaysInAProblemDocumentWhatIsWrong) {
  start({{.path = "/stats",
          .get = [](const Request&) { return json("{}"); },
          .parameters = {"limit", "sort"}}});
  auto one = client();
  auto answer = one.get("/nowhere");
  EXPECT_EQ(answer.status, 404);
  EXPECT_TRUE(answer.has("application/problem+json"));
  EXPECT_EQ(
      answer.body,
      R"({"type":"about:blank","title":"Not Found","status":404,"detail":"there is nothing at /nowhere"})"
      "\n");

  one.send("DELETE /stats HTTP/1.1\r\nHost: test\r\n\r\n");
  answer = one.receive();
  EXPECT_EQ(answer.status, 405);
  EXPECT_TRUE(answer.has("\r\nAllow: GET, HEAD\r\n"));

  answer = one.get("/stats?limit=3&lim%22it=2");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr(R"(unknown parameter 'lim\"it'; /stats takes limit, sort)"));
  EXPECT_THAT(one.get("/hello?a=1").body, HasSubstr("/hello takes none"));
  EXPECT_EQ(one.get("/stats?limit=%zz").status, 400);
}

TEST_F(ServerTest, HandsOverPathAndParametersDecoded) {
  start({{.path = "/a b",
          .get =
              [](const Request& request) {
                std::string seen(request.path);
                for (const auto& [name, value] : request.query) seen += "|" + name + "=" + value;
                return json(seen + "|" + std::string(request.parameter("x").value_or("none")) + "|" +
                            std::string(request.parameter("z").value_or("none")));
              },
          .parameters = {"x", "y"}}});
  EXPECT_EQ(client().get("/a%20b?x=1+2&y&&x=%C3%A9").body, "/a b|x=1 2|y=|x=\xC3\xA9|\xC3\xA9|none");
  EXPECT_EQ(client().get("http://test/hello").status, 200);
}

TEST_F(ServerTest, KeepsAConnectionUntilTheClientAsksToClose) {
  start();
  auto one = client();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(one.get("/hello").status, 200);
  one.send("GET /hello HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(one.receive().has("\r\nConnection: close\r\n"));
  EXPECT_TRUE(one.at_end());

  auto old = client();
  old.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.receive().status, 200);
  EXPECT_TRUE(old.at_end());
}

TEST_F(ServerTest, AnswersPipelinedRequestsInTheirOrder) {
  start({{.path = "/echo",
          .get = [](const Request& request) { return json(std::string(*request.parameter("n"))); },
          .parameters = {"n"}},
         {.path = "/quick",
          .get = [](const Request& request) { return json(std::string(*request.parameter("n"))); },
          .parameters = {"n"},
          .quick = true}});
  auto one = client();
  std::string all;
  for (int i = 0; i < 300; ++i) {
    all += "GET /" + std::string(i % 3 == 0 ? "quick" : "echo") + "?n=" + std::to_string(i) +
           " HTTP/1.1\r\nHost: test\r\n\r\n";
    if (i % 7 == 0) all += "\r\n";  // an empty line that some clients send
  }
  ASSERT_TRUE(one.send(all));
  for (int i = 0; i < 300; ++i) ASSERT_EQ(one.receive().body, std::to_string(i));
}

TEST_F(ServerTest, ReadsARequestThatComesByteByByte) {
  start();
  auto one = client();
  for (const char c : std::string(kGetHello)) ASSERT_TRUE(one.send({&c, 1}));
  EXPECT_EQ(one.receive().status, 200);
}

TEST_F(ServerTest, SendsALargeSharedBodyWholeToManyAtOnce) {
  std::string text;
  while (text.size() < 5'000'000) text += std::to_string(text.size()) + ",";
  const auto body = std::make_shared<const std::string>(std::move(text));
  start({{.path = "/large", .get = [&](const Request&) {
            Response response;
            response.body = body;
            return response;
          }}});
  std::vector<std::thread> readers;
  std::atomic<int> whole = 0;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      RawClient one(server_->address());
      for (int n = 0; n < 2; ++n) whole += one.get("/large").body == *body ? 1 : 0;
    });
  }
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(whole, 8);
  server_->stop(1s);
  EXPECT_EQ(body.use_count(), 1) << "somebody kept a copy";
}

TEST_F(ServerTest, RunsOnlyQuickHandlersOnTheSocketThread) {
  std::mutex mutex;
  std::set<std::thread::id> quick;
  std::set<std::thread::id> slow;
  const auto note = [&](std::set<std::thread::id>& where) {
    const std::lock_guard lock(mutex);
    where.insert(std::this_thread::get_id());
    return json("1");
  };
  std::atomic<bool> at_hand = true;
  start({{.path = "/quick", .get = [&](const Request&) { return note(quick); }, .quick = true},
         {.path = "/slow", .get = [&](const Request&) { return note(slow); }},
         {.path = "/both",
          .get = [&](const Request&) { return note(slow); },
          .ready = [&](const Request&) -> std::optional<Response> {
            if (!at_hand.exchange(false)) return std::nullopt;
            return note(quick);
          }}});
  auto one = client();
  for (int i = 0; i < 5; ++i) {
    for (const auto* target : {"/quick", "/slow", "/both"}) ASSERT_EQ(one.get(target).status, 200);
  }
  EXPECT_EQ(quick.size(), 1U);
  EXPECT_FALSE(slow.empty());
  EXPECT_FALSE(slow.contains(*quick.begin()));
  EXPECT_FALSE(at_hand);
}

TEST_F(ServerTest, AnswersOthersWhileASlowAnswerIsMade) {
  std::latch let_go(1);
  start({{.path = "/slow",
          .get =
              [&](const Request&) {
                let_go.wait();
                return json("slow");
              }},
         {.path = "/livez", .get = [](const Request&) { return json("alive"); }, .quick = true}});
  auto first = client();
  auto second = client();
  first.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
  second.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
  auto other = client();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(other.get("/livez").body, "alive");
  let_go.count_down();
  EXPECT_EQ(first.receive().body, "slow");
  EXPECT_EQ(second.receive().body, "slow");
}

TEST_F(ServerTest, AnswersAreNotMixedUpWhenAClientGoesAwayMeanwhile) {
  std::latch let_go(1);
  std::atomic<int> calls = 0;
  start({{.path = "/slow", .get = [&](const Request&) {
            ++calls;
            let_go.wait();
            return json(std::string(1 << 20, 'x'));
          }}});
  {
    auto gone = client();
    gone.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return calls == 1; }));
  }
  let_go.count_down();
  EXPECT_EQ(client().get("/hello").body, "{\"hello\":1}");
  EXPECT_EQ(client().get("/slow").body.size(), 1U << 20U);
  server_->stop(std::chrono::milliseconds(5'000));  // no handler may outlive the latch
}

TEST_F(ServerTest, AHandlerThatThrowsGives500AndTheServerGoesOn) {
  start({{.path = "/bug", .get = [](const Request&) -> Response { throw std::runtime_error("secret"); }},
         {.path = "/odd", .get = [](const Request&) -> Response { throw 1; }, .quick = true}});
  auto one = client();
  const auto answer = one.get("/bug");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
  EXPECT_EQ(one.get("/odd").status, 500);
  EXPECT_EQ(one.get("/hello").status, 200);
  EXPECT_THAT(metrics_.exposition(), HasSubstr("wikiflow_http_handler_failures_total 2"));
}

TEST_F(ServerTest, NoHeaderOfAHandlerCanForgeAnother) {
  start({{.path = "/forge", .get = [](const Request&) {
            auto response = json("1");
            response.headers = {
                {"X-Good", "a\r\nX-Evil: 1"}, {"X-Bad\r\nX-Evil", "1"}, {"cache-control", "max-age=1"}};
            return response;
          }}});
  auto one = client();
  const auto answer = one.get("/forge");
  EXPECT_THAT(answer.head, HasSubstr("X-Good: a  X-Evil: 1\r\n"));
  EXPECT_THAT(answer.head, Not(HasSubstr("\nX-Evil")));
  EXPECT_THAT(answer.head, Not(HasSubstr("no-store")));
  EXPECT_EQ(one.get("/hello").status, 200);
}

TEST_F(ServerTest, CountsRequestsByRouteAndClass) {
  start();
  auto one = client();
  (void)one.get("/hello");
  (void)one.get("/hello");
  (void)one.get("/nowhere");
  const auto text = metrics_.exposition();
  EXPECT_THAT(text, HasSubstr("wikiflow_http_requests_total{class=\"2xx\",route=\"/hello\"} 2"));
  EXPECT_THAT(text, HasSubstr("wikiflow_http_requests_total{class=\"4xx\",route=\"none\"} 1"));
  EXPECT_THAT(text, HasSubstr("wikiflow_http_request_duration_seconds_count{route=\"/hello\"} 2"));
  EXPECT_THAT(text, HasSubstr("wikiflow_http_connections 1"));
  one.close();
  EXPECT_TRUE(eventually(
      [&] { return metrics_.exposition().find("wikiflow_http_connections 0") != std::string::npos; }));
}

}  // namespace
}  // namespace wikiflow::serve
