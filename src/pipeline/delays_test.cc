#include "pipeline/delays.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wikiflow::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class DelaysTest : public testing::Test {
 protected:
  double gauge(const std::string& name, int partition = 0) {
    return metrics_.gauge(name, "", {{"partition", std::to_string(partition)}}).Value();
  }
  double lag_seconds(int partition = 0) { return gauge("wikiflow_tally_partition_lag_seconds", partition); }

  const Millis at_ = from_unix_ms(1'791'207'722'000);
  Metrics metrics_;
  Delays delays_{metrics_};
};

TEST_F(DelaysTest, TellsHowLongAgoAnEventWasSentWhenItWasCounted) {
  delays_.counted(at_, at_ + 200ms);
  delays_.counted(at_ + 5s, at_);  // the producer's clock is ahead
  const std::string text = metrics_.exposition();
  EXPECT_THAT(text, HasSubstr("wikiflow_tally_end_to_end_seconds_count 2"));
  EXPECT_THAT(text, HasSubstr("wikiflow_tally_end_to_end_seconds_sum 0.2"));
  EXPECT_THAT(text, HasSubstr("wikiflow_tally_end_to_end_seconds_bucket{le=\"0.005\"} 1"));
}

TEST_F(DelaysTest, TellsHowLongAFlushTook) {
  delays_.flushed(3s);
  EXPECT_THAT(metrics_.exposition(), HasSubstr("wikiflow_store_flush_seconds_bucket{le=\"2.5\"} 0"));
  EXPECT_THAT(metrics_.exposition(), HasSubstr("wikiflow_store_flush_seconds_bucket{le=\"5\"} 1"));
}

TEST_F(DelaysTest, ShowsForEachPartitionHowManyAndHowOldTheyAre) {
  delays_.behind(Partition{0}, {.records = 7, .counted = at_, .heard = at_ + 3s}, at_ + 4s);
  delays_.behind(Partition{1}, {.records = 0, .counted = at_, .heard = at_ + 3s}, at_ + 4s);
  EXPECT_EQ(gauge("wikiflow_tally_partition_lag_records", 0), 7);
  EXPECT_EQ(lag_seconds(0), 4);
  EXPECT_EQ(gauge("wikiflow_tally_partition_lag_records", 1), 0);
  EXPECT_EQ(lag_seconds(1), 0);
}

TEST_F(DelaysTest, DoesNotTakeAQuietPartitionForALateOne) {
  delays_.behind(Partition{0}, {.records = 0, .counted = at_, .heard = at_ + 2h}, at_ + 2h);
  delays_.behind(Partition{0}, {.records = 1, .counted = at_, .heard = at_ + 2h + 1s}, at_ + 2h + 1s);
  EXPECT_EQ(lag_seconds(), 1);
}

TEST_F(DelaysTest, SaysNothingOfATimeItDoesNotKnow) {
  delays_.behind(Partition{0}, {.records = 9, .counted = {}, .heard = at_}, at_);
  EXPECT_THAT(metrics_.exposition(), Not(HasSubstr("partition_lag_seconds")));
  EXPECT_EQ(gauge("wikiflow_tally_partition_lag_records"), 9);
}

}  // namespace
}  // namespace wikiflow::pipeline
