#include "topic/kafka/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wikiflow::topic::kafka {
namespace {

using testing::HasSubstr;

TEST(KafkaErrors, SayWhatToDoAboutAPositionThatIsGone) {
  EXPECT_THAT(position_lost("fetch failed due to requested offset not available on the broker"),
              HasSubstr("longer retention"));
}

TEST(KafkaErrors, DoNotTakeALogThatSeemsCutBackForOneThatWasRemoved) {
  const std::string text =
      "Partition log truncation detected at offset 44: broker end offset is 8. Reset to INVALID.: " +
      std::string(rd_kafka_err2str(RD_KAFKA_RESP_ERR__LOG_TRUNCATION)) + " (broker 1)";
  EXPECT_THAT(position_lost(text), HasSubstr("goes on if the log still holds"));
}

}  // namespace
}  // namespace wikiflow::topic::kafka
