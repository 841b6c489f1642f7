#include "topic/kafka/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wikiflow::topic::kafka {
namespace {

// Cut down from what librdkafka 2.15.1 prints.
constexpr std::string_view kReport = R"({
  "name": "wikiflow#consumer-1", "type": "consumer", "msg_cnt": 5, "msg_size": 500,
  "tx": 10, "tx_bytes": 1000, "rx": 9, "rx_bytes": 70000,
  "brokers": {
    "a:9092/1": {"nodeid": 1, "source": "learned", "state": "UP", "rtt": {"min": 100, "p99": 2500}},
    "b:9092/2": {"nodeid": 2, "source": "configured", "state": "INIT", "rtt": {"min": 100, "p99": 7500}},
    ":0/internal": {"nodeid": -1, "source": "internal"},
    "GroupCoordinator": {"nodeid": -1, "source": "logical", "state": "UP"}
  },
  "topics": {
    "t": {"topic": "t", "partitions": {
      "0": {"partition": 0, "leader": 1, "fetchq_cnt": 3, "fetchq_size": 30},
      "1": {"partition": 1, "leader": 2, "fetchq_cnt": 4, "fetchq_size": 40},
      "2": {"partition": 2, "leader": -1, "fetchq_cnt": 0, "fetchq_size": 0},
      "-1": {"partition": -1, "leader": -1, "fetchq_cnt": 99, "fetchq_size": 99}}}
  }
})";

TEST(KafkaStatistics, ReadsQueuesTrafficAndLeaders) {
  const auto statistics = parse_statistics(kReport);
  ASSERT_TRUE(statistics);
  EXPECT_EQ(statistics->sent_bytes, 1000U);
  EXPECT_EQ(statistics->received_bytes, 70000U);
  EXPECT_EQ(statistics->queued_records, 12U);
  EXPECT_EQ(statistics->queued_bytes, 570U);
  EXPECT_DOUBLE_EQ(statistics->worst_rtt_seconds, 0.0075);
  EXPECT_EQ(statistics->brokers, 2);
  EXPECT_EQ(statistics->connected, 1);
  const auto& topic = statistics->topics.at("t");
  EXPECT_EQ(topic.partitions, 3);
  EXPECT_THAT(topic.leaders,
              testing::ElementsAre(testing::Pair(0, 1), testing::Pair(1, 2), testing::Pair(2, -1)));
}

TEST(KafkaStatistics, TakesAReportWithoutWhatItLooksFor) {
  const auto statistics =
      parse_statistics(R"({"topics": {"t": {}, "u": 1}, "brokers": {"b": 2}, "tx_bytes": -5})");
  ASSERT_TRUE(statistics);
  EXPECT_EQ(statistics->sent_bytes, 0U);
  EXPECT_EQ(statistics->topics.at("t").partitions, 0);
}

TEST(KafkaStatistics, RefusesWhatIsNoObject) {
  for (const char* text : {"", "[]", "{", "nonsense"}) {
    const auto statistics = parse_statistics(text);
    ASSERT_FALSE(statistics) << text;
    EXPECT_EQ(statistics.error().kind, ErrorKind::bad_input);
  }
}

TEST(KafkaStatistics, ShowsTrafficAsCountersThatOnlyGrow) {
  Metrics metrics;
  StatisticsGauges gauges(metrics, "reader");
  Statistics statistics;
  statistics.received_bytes = 100;
  statistics.queued_records = 7;
  gauges.show(statistics);
  gauges.show(statistics);
  statistics.received_bytes = 150;
  statistics.queued_records = 3;
  gauges.show(statistics);
  EXPECT_EQ(metrics.counter("wikiflow_kafka_received_bytes_total", "", {{"client", "reader"}}).Value(), 150);
  EXPECT_EQ(metrics.gauge("wikiflow_kafka_queued_records", "", {{"client", "reader"}}).Value(), 3);
}

}  // namespace
}  // namespace wikiflow::topic::kafka
