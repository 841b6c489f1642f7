#include "topic/partition_hash.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace wikiflow::topic {
namespace {

// The vectors of Kafka's own UtilsTest.testMurmur2 and of librdkafka's rdmurmur2.c.
TEST(PartitionHash, AgreesWithTheVectorsOfKafkasJavaClient) {
  const std::vector<std::pair<std::string, std::int32_t>> vectors{
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  for (const auto& [key, hash] : vectors) EXPECT_EQ(static_cast<std::int32_t>(murmur2(key)), hash) << key;
}

TEST(PartitionHash, HashesEveryTailLengthAndTheEmptyKey) {
  EXPECT_EQ(murmur2(""), 0x106e08d9U);
  EXPECT_EQ(murmur2("kafka"), 0xd067cf64U);
  EXPECT_EQ(murmur2("giberish123456789"), 0x8f552b0cU);
  EXPECT_EQ(murmur2("1234"), 0x9fc97b14U);
  EXPECT_EQ(murmur2("234"), 0xe7c009caU);
  EXPECT_EQ(murmur2("34"), 0x873930daU);
  EXPECT_EQ(murmur2("4"), 0x5a4b5ca1U);
  EXPECT_EQ(murmur2("PreAmbleWillBeRemoved,ThePrePartThatIs"), 0x78424f1cU);
}

TEST(PartitionHash, StaysWithinThePartitions) {
  for (int i = 0; i < 1000; ++i) {
    const auto partition = partition_of("page " + std::to_string(i), 6);
    EXPECT_GE(partition.number, 0);
    EXPECT_LT(partition.number, 6);
  }
}

}  // namespace
}  // namespace wikiflow::topic
