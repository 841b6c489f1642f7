#include "sim/request.h"

#include <gtest/gtest.h>

namespace wikiflow::sim {
namespace {

constexpr std::string_view kAgent = "wikiflow/0.1 (https://example.org; me@example.org)";

int status_of(const Request& request, bool any_user_agent = false) {
  const auto wanted = read_request(request, any_user_agent);
  return wanted ? 200 : wanted.error().status;
}

TEST(SimRequest, TheStreamIsAtItsPath) {
  EXPECT_EQ(status_of({"GET", kStreamPath, kAgent, ""}), 200);
  EXPECT_EQ(status_of({"GET", "/v2/stream/recentchange?since=1", kAgent, ""}), 200);
  EXPECT_EQ(status_of({"GET", "/v2/stream/page-create", kAgent, ""}), 404);
  EXPECT_EQ(status_of({"GET", "/", kAgent, ""}), 404);
  EXPECT_EQ(status_of({"POST", kStreamPath, kAgent, ""}), 405);
}

TEST(SimRequest, AMissingOrDefaultUserAgentIsForbidden) {
  for (const char* const agent : {"", "curl/7.88.1", "python-requests/2.31", "Python-urllib/3.11",
                                  "Go-http-client/2.0", "Java/17.0.1", "Wget/1.21", "node", "okhttp/4.9"}) {
    EXPECT_EQ(status_of({"GET", kStreamPath, agent, ""}), 403) << agent;
    EXPECT_EQ(status_of({"GET", kStreamPath, agent, ""}, true), 200) << agent;
  }
  EXPECT_EQ(status_of({"GET", kStreamPath, kAgent, ""}), 200);
}

TEST(SimRequest, TheStatusAsksForNoName) {
  const auto wanted = read_request({"GET", kStatusPath, "", ""}, false);
  ASSERT_TRUE(wanted);
  EXPECT_EQ(wanted->route, Route::status);
}

TEST(SimRequest, SinceIsDecoded) {
  const auto since = [](std::string_view target) {
    return read_request({"GET", target, kAgent, ""}, false)->since;
  };
  EXPECT_EQ(since("/v2/stream/recentchange"), std::nullopt);
  EXPECT_EQ(since("/v2/stream/recentchange?x=1"), std::nullopt);
  EXPECT_EQ(since("/v2/stream/recentchange?since"), "");
  EXPECT_EQ(since("/v2/stream/recentchange?x=1&since=2026-11-01T00%3A00%3a00%2B01:00&y"),
            "2026-11-01T00:00:00+01:00");
  EXPECT_EQ(since("/v2/stream/recentchange?since=1+2%zz%2"), "1+2%zz%2");
}

}  // namespace
}  // namespace wikiflow::sim
