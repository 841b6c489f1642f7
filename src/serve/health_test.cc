#include "serve/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/raw_client_test.h"
#include "version.h"

namespace wikiflow::serve {
namespace {

using testing::HasSubstr;

class HealthTest : public testing::Test {
 protected:
  void start(std::vector<Route> routes) {
    auto all = with_common_routes(std::move(routes), health_, metrics_,
                                  {.program = "consumer", .more = {{"librdkafka", "2.15.1"}}});
    auto server = Server::start({.address = "127.0.0.1:0"}, std::move(all), metrics_);
    ASSERT_TRUE(server) << server.error().what;
    server_ = std::move(*server);
  }
  RawAnswer get(const std::string& target) const { return RawClient(server_->address()).get(target); }

  Metrics metrics_;
  Health health_;
  std::unique_ptr<Server> server_;
};

TEST_F(HealthTest, IsReadyWhenEveryCheckSaysSo) {
  start({});
  EXPECT_EQ(get("/readyz").body, "{\"ready\":true,\"stopping\":false,\"checks\":{}}\n");
  std::optional<std::string> trouble = "no \"broker\" at localhost:9092";
  health_.add("broker", [&] { return trouble; });
  health_.add("source", [] { return CheckResult{.ok = true, .reason = "the sample, not the live stream"}; });
  auto answer = get("/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body,
            R"({"ready":false,"stopping":false,"checks":{"broker":{"ok":false,"reason":"no \"broker\" at )"
            R"(localhost:9092"},"source":{"ok":true,"reason":"the sample, not the live stream"}}})"
            "\n");
  trouble.reset();
  answer = get("/readyz");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("broker":{"ok":true})"));
}

TEST_F(HealthTest, ACheckAddedAgainReplacesTheOneBefore) {
  health_.add("broker", [] { return CheckResult{.ok = false}; });
  health_.add("broker", [] { return CheckResult{.ok = true}; });
  EXPECT_EQ(health_.readyz().status, 200);
}

TEST_F(HealthTest, IsAliveButNotReadyWhileStopping) {
  start({});
  health_.stopping();
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_THAT(get("/readyz").body, HasSubstr("\"stopping\":true"));
  EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(HealthTest, TellsItsVersion) {
  start({});
  EXPECT_EQ(get("/version").body,
            "{\"program\":\"consumer\",\"version\":\"" WIKIFLOW_VERSION "\",\"librdkafka\":\"2.15.1\"}\n");
}

TEST_F(HealthTest, ShowsItsMetrics) {
  metrics_.counter("wikiflow_test_total", "For this test.").Increment();
  start({});
  const auto answer = get("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(answer.body, HasSubstr("wikiflow_test_total 1"));
}

TEST_F(HealthTest, ShowsItsMetricsAsOpenMetricsToWhoAsksForThem) {
  start({});
  RawClient client(server_->address());
  client.send(
      "GET /metrics HTTP/1.1\r\nHost: test\r\n"
      "Accept: application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5\r\n\r\n");
  const auto answer = client.receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("Content-Type: application/openmetrics-text; version=1.0.0"));
  EXPECT_TRUE(answer.has("Vary: Accept"));
  EXPECT_THAT(answer.body, testing::EndsWith("# EOF\n"));
}

TEST_F(HealthTest, TheRootLeadsToStatsWhereThereAreAny) {
  start({{.path = "/stats", .get = [](const Request&) { return json("{}"); }}});
  const auto answer = get("/");
  EXPECT_EQ(answer.status, 302);
  EXPECT_TRUE(answer.has("\r\nLocation: /stats\r\n"));
  start({});
  EXPECT_EQ(get("/").status, 404);
}

}  // namespace
}  // namespace wikiflow::serve
