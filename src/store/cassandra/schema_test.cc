#include "store/cassandra/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "init_cql.h"

namespace wikiflow::store::cassandra {
namespace {

TEST(CassandraSchema, IsTheScriptWithKeyspaceAndReplicationInPlace) {
  const auto made = schema_statements(kInitCql, "mine", "{'class': 'NetworkTopologyStrategy', 'dc1': 3}");
  ASSERT_TRUE(made) << made.error().what;
  ASSERT_EQ(made->size(), 4U);
  EXPECT_THAT((*made)[0], testing::StartsWith("CREATE KEYSPACE IF NOT EXISTS mine WITH replication = "
                                              "{'class': 'NetworkTopologyStrategy', 'dc1': 3}"));
  for (const auto& statement : *made) {
    EXPECT_THAT(statement, testing::AllOf(testing::HasSubstr("mine"), testing::Not(testing::HasSubstr("$")),
                                          testing::Not(testing::HasSubstr("--"))));
  }
}

TEST(CassandraSchema, RefusesSettingsThatWouldBeOtherStatements) {
  EXPECT_FALSE(schema_statements(kInitCql, "Mine", kOneReplica));
  EXPECT_FALSE(schema_statements(kInitCql, "", kOneReplica));
  EXPECT_FALSE(schema_statements(kInitCql, "a; DROP KEYSPACE b", kOneReplica));
  EXPECT_FALSE(schema_statements(kInitCql, "mine", "{}; DROP KEYSPACE b; {}"));
  EXPECT_FALSE(schema_statements(kInitCql, "mine", "3"));
}

}  // namespace
}  // namespace wikiflow::store::cassandra
