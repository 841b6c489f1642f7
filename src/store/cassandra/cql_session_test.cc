#include "store/cassandra/cql_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wikiflow::store::cassandra {
namespace {

using testing::HasSubstr;

ConnectionOptions with(const std::string& local_dc, const std::string& consistency) {
  ConnectionOptions options;
  options.local_dc = local_dc;
  options.consistency = consistency;
  return options;
}

TEST(CassandraConsistency, OfOneDataCentreNeedsNoName) {
  EXPECT_TRUE(check_consistency(with("", "LOCAL_QUORUM"), {"here"}));
  EXPECT_TRUE(check_consistency(with("", "LOCAL_QUORUM"), {}));
}

TEST(CassandraConsistency, OfOneAmongSeveralDataCentresNeedsItsName) {
  const auto checked = check_consistency(with("", "LOCAL_QUORUM"), {"here", "there"});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(checked.error().what, HasSubstr("here, there"));
  EXPECT_THAT(checked.error().what, HasSubstr("CASSANDRA_LOCAL_DC"));
  EXPECT_TRUE(check_consistency(with("here", "LOCAL_QUORUM"), {"here", "there"}));
}

TEST(CassandraConsistency, OverAllDataCentresNeedsNoName) {
  EXPECT_TRUE(check_consistency(with("", "QUORUM"), {"here", "there"}));
  EXPECT_TRUE(check_consistency(with("", "ALL"), {"here", "there"}));
}

TEST(CassandraConsistency, OfADataCentreThatIsNotThereIsRefused) {
  const auto checked = check_consistency(with("elsewhere", "LOCAL_QUORUM"), {"here", "there"});
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().what, HasSubstr("'elsewhere'"));
}

}  // namespace
}  // namespace wikiflow::store::cassandra
