#include "serve/stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/clock_fake.h"
#include "base/eventually.h"
#include "store/memory/memory_store.h"
#include "topic/fake/fake.h"

namespace wikiflow::serve {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;
using namespace std::chrono_literals;

Request asking(std::vector<std::pair<std::string, std::string>> query = {}) {
  return {.path = "/stats", .query = std::move(query)};
}

TEST(RenderStats, HasExactlyTheTwoMaps) {
  count::Totals totals;
  EXPECT_EQ(render_stats(totals.view(), std::nullopt), "{\"by_domain\":{},\"by_user\":{}}\n");
  totals.add("en.wikipedia.org", "Alice");
  totals.add("en.wikipedia.org", "Say \"hi\" \\ \u05E9");
  EXPECT_EQ(render_stats(totals.view(), std::nullopt),
            R"({"by_domain":{"en.wikipedia.org":2},"by_user":{"Alice":1,"Say \"hi\" \\ )"
            "\u05E9\":1}}\n");
}

TEST(RenderStats, KeepsTheLargestOfEach) {
  count::Totals totals;
  for (int n = 1; n <= 4; ++n) {
    for (int i = 0; i < n; ++i) totals.add("d" + std::to_string(n), "u" + std::to_string(n));
  }
  EXPECT_EQ(render_stats(totals.view(), 2),
            "{\"by_domain\":{\"d4\":4,\"d3\":3},\"by_user\":{\"u4\":4,\"u3\":3}}\n");
}

class StatsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(broker_.ensure({.name = "t", .partitions = 2}, 1s));
    writer_ = *broker_.writer("t");
    reader_ = *broker_.reader("t", {.group = "g"});
    tally_ = std::make_unique<pipeline::Tally>(*reader_, store_, store::Checkpoints{},
                                               pipeline::TallyOptions{}, system_clock(), metrics_);
    stats_ = std::make_unique<Stats>(*tally_, clock_, metrics_);
    thread_ = std::thread([this] { (void)tally_->run(stop_.get_token()); });
  }
  void TearDown() override {
    stop_.request_stop();
    thread_.join();
  }
  void change(const std::string& user) {
    const std::string value = R"({"domain":"d","title":"t","user":")" + user + "\"}";
    ASSERT_TRUE(writer_->send({.key = user, .value = value, .headers = {}}, {}));
    ++sent_;
    ASSERT_TRUE(eventually([&] { return tally_->changes() == sent_ && tally_->freshness().complete; }));
  }
  double renderings() { return metrics_.counter("wikiflow_stats_renderings_total", "").Value(); }

  Metrics metrics_;
  FakeClock clock_;
  topic::FakeBroker broker_{metrics_, system_clock()};
  store::MemoryStore store_;
  std::unique_ptr<topic::Writer> writer_;
  std::unique_ptr<topic::Reader> reader_;
  std::unique_ptr<pipeline::Tally> tally_;
  std::unique_ptr<Stats> stats_;
  std::uint64_t sent_ = 0;
  std::stop_source stop_;
  std::thread thread_;
};

TEST_F(StatsTest, SaysWhatTheNumbersAreWorth) {
  change("a");
  const Response response = stats_->get(asking());
  EXPECT_EQ(*response.body, "{\"by_domain\":{\"d\":1},\"by_user\":{\"a\":1}}\n");
  EXPECT_THAT(response.headers, Contains(Pair("X-Wikiflow-Complete", "true")));
  EXPECT_THAT(response.headers, Contains(Pair("X-Wikiflow-As-Of", testing::MatchesRegex("20.*Z"))));
  EXPECT_THAT(response.headers, testing::Not(Contains(Pair("X-Wikiflow-Since", testing::_))));
}

TEST_F(StatsTest, RendersOnceForAllUntilTheCountsChangeAndATickHasPassed) {
  change("a");
  const auto first = stats_->get(asking()).body;
  EXPECT_EQ(stats_->get(asking()).body, first);
  clock_.advance(10s);
  EXPECT_EQ(stats_->get(asking()).body, first) << "unchanged counts are never rendered again";
  EXPECT_EQ(renderings(), 1);
  (void)stats_->get(asking());
  change("b");
  EXPECT_FALSE(stats_->ready(asking())) << "the clock moved on before the change: a rendering is due";
  EXPECT_THAT(*stats_->get(asking()).body, HasSubstr("\"b\":1"));
  change("c");
  EXPECT_THAT(*stats_->get(asking()).body, testing::Not(HasSubstr("\"c\":1"))) << "within the tick";
  clock_.advance(1s);
  EXPECT_THAT(*stats_->get(asking()).body, HasSubstr("\"c\":1"));
  EXPECT_EQ(renderings(), 3);
}

TEST_F(StatsTest, NeverClaimsLessThanBefore) {
  const auto as_of = [this] {
    for (const auto& [name, value] : stats_->get(asking()).headers) {
      if (name == "X-Wikiflow-As-Of") return value;
    }
    return std::string();
  };
  change("a");
  const std::string rendered = as_of();
  std::string last;
  ASSERT_TRUE(eventually([&] { return (last = as_of()) > rendered; })) << "the same counts, later";
  change("b");
  EXPECT_GE(as_of(), last) << "within the tick: the counts of before";
  EXPECT_EQ(renderings(), 1);
}

TEST_F(StatsTest, KeepsARenderingForEachLimitAskedForLately) {
  change("a");
  for (int limit = 1; limit <= 20; ++limit) {
    EXPECT_EQ(stats_->get(asking({{"limit", std::to_string(limit)}})).status, 200);
  }
  EXPECT_TRUE(stats_->ready(asking({{"limit", "20"}})));
  EXPECT_EQ(renderings(), 20);
}

TEST_F(StatsTest, RefusesALimitThatIsNoWholeNumberFromOne) {
  for (const std::string limit : {"0", "-1", "x", "", "1.5", "10 ", "99999999999999999999999"}) {
    const Response response = stats_->get(asking({{"limit", limit}}));
    EXPECT_EQ(response.status, 400) << limit;
    EXPECT_THAT(*response.body, HasSubstr("limit"));
    EXPECT_EQ(stats_->ready(asking({{"limit", limit}}))->status, 400);
  }
}

}  // namespace
}  // namespace wikiflow::serve
