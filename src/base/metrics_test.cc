#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace wikiflow {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Metrics, AreShownInPrometheusTextFormat) {
  Metrics metrics;
  metrics.counter("wikiflow_a_total", "Help a", {{"cause", "cut"}}).Increment(3);
  metrics.gauge("wikiflow_b", "Help b").Set(1.5);
  metrics.histogram("wikiflow_c_seconds", "Help c", {0.1, 1}).Observe(0.5);
  EXPECT_THAT(
      metrics.exposition(),
      AllOf(HasSubstr("# HELP wikiflow_a_total Help a\n# TYPE wikiflow_a_total counter\n"
                      "wikiflow_a_total{cause=\"cut\"} 3\n"),
            HasSubstr("# TYPE wikiflow_b gauge\nwikiflow_b 1.5\n"),
            HasSubstr("wikiflow_c_seconds_bucket{le=\"0.1\"} 0\n"),
            HasSubstr("wikiflow_c_seconds_bucket{le=\"1\"} 1\n"), HasSubstr("wikiflow_c_seconds_count 1\n")));
}

TEST(Metrics, AreShownAsOpenMetrics) {
  Metrics metrics;
  metrics.counter("wikiflow_a_total", "See \"b\" \\ c", {{"cause", "cut"}}).Increment(3);
  metrics.gauge("wikiflow_b", "Help b").Set(1.5);
  metrics.histogram("wikiflow_c_seconds", "Help c", {0.1, 1}).Observe(0.5);
  metrics.gauge("wikiflow_d", "Help d", {{"role", "2"}}).Set(1);
  const std::string text = metrics.open_metrics();
  EXPECT_THAT(
      text,
      AllOf(HasSubstr("# HELP wikiflow_a See \\\"b\\\" \\\\ c\n# TYPE wikiflow_a counter\n"
                      "wikiflow_a_total{cause=\"cut\"} 3\n"),
            HasSubstr("# TYPE wikiflow_b gauge\nwikiflow_b 1.5\n"), HasSubstr("wikiflow_d{role=\"2\"} 1\n"),
            HasSubstr("wikiflow_c_seconds_bucket{le=\"0.1\"} 0\n"),
            HasSubstr("wikiflow_c_seconds_bucket{le=\"1.0\"} 1\n"),
            HasSubstr("wikiflow_c_seconds_bucket{le=\"+Inf\"} 1\n"), testing::EndsWith("\n# EOF\n")));
  EXPECT_EQ(Metrics().open_metrics(), "# EOF\n");
}

TEST(Metrics, GiveTheSameMetricForTheSameNameAndLabels) {
  Metrics metrics;
  auto& first = metrics.counter("wikiflow_a_total", "Help", {{"cause", "cut"}});
  auto& other = metrics.counter("wikiflow_a_total", "Help", {{"cause", "closed"}});
  EXPECT_EQ(&first, &metrics.counter("wikiflow_a_total", "Help", {{"cause", "cut"}}));
  EXPECT_NE(&first, &other);
  EXPECT_EQ(&metrics.gauge("wikiflow_b", "Help"), &metrics.gauge("wikiflow_b", "Help"));
  EXPECT_EQ(&metrics.histogram("wikiflow_c", "Help", {1}), &metrics.histogram("wikiflow_c", "Help", {1}));
}

TEST(Metrics, EscapeLabelValues) {
  Metrics metrics;
  metrics.gauge("wikiflow_build", "Help", {{"version", "a\"b\\c\nd"}}).Set(1);
  EXPECT_THAT(metrics.exposition(), HasSubstr(R"(wikiflow_build{version="a\"b\\c\nd"} 1)"));
}

class Fixed final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    prometheus::MetricFamily family{"wikiflow_read_at_scrape", "Help", prometheus::MetricType::Gauge, {}};
    prometheus::ClientMetric metric;
    metric.gauge.value = 42;
    family.metric.push_back(metric);
    return {family};
  }
};

TEST(Metrics, ReadWhatOthersShowAtScrapeTime) {
  Metrics metrics;
  metrics.add(std::make_shared<Fixed>());
  EXPECT_THAT(metrics.exposition(), HasSubstr("wikiflow_read_at_scrape 42\n"));
}

TEST(Metrics, AreMadeAndShownFromSeveralThreads) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 1'000; ++n) metrics.counter("wikiflow_a_total", "Help").Increment();
        EXPECT_FALSE(metrics.exposition().empty());
      });
    }
  }
  EXPECT_THAT(metrics.exposition(), HasSubstr("wikiflow_a_total 4000\n"));
}

}  // namespace
}  // namespace wikiflow
