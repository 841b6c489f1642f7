// A group over the fake: what only a broker on demand can show.

#include <gtest/gtest.h>

#include <atomic>

#include "base/clock_fake.h"
#include "topic/fake/fake.h"

namespace wikiflow::topic {
namespace {

class CountingListener final : public AssignmentListener {
 public:
  Result<std::vector<std::pair<Partition, Offset>>> assigned(std::span<const Partition> partitions) override {
    std::vector<std::pair<Partition, Offset>> positions;
    for (const Partition partition : partitions) positions.emplace_back(partition, Offset{0});
    owned += static_cast<int>(partitions.size());
    return positions;
  }
  void revoked(std::span<const Partition> partitions) override {
    owned -= static_cast<int>(partitions.size());
  }
  void lost(std::span<const Partition> partitions) override {
    owned -= static_cast<int>(partitions.size());
    lost_partitions += static_cast<int>(partitions.size());
    lost_partitions.notify_all();
  }
  std::atomic<int> owned{0};
  std::atomic<int> lost_partitions{0};
};

TEST(FakeGroup, LosesItsAssignmentOnDemandAndReadsFromTheListenersPositionAgain) {
  Metrics metrics;
  FakeClock clock;
  FakeBroker broker(metrics, clock);
  TopicSpec spec;
  spec.name = "t";
  spec.partitions = 3;
  ASSERT_TRUE(broker.ensure(spec, std::chrono::seconds{1}));
  broker.append("t", {1}, {"k", "v", {}, {}, {}});
  CountingListener listener;
  ReaderOptions options;
  options.group = "g";
  options.listener = &listener;
  const auto reader = std::move(*broker.reader("t", options));
  auto first = reader->next(std::chrono::seconds{60}, {});
  ASSERT_TRUE(first && *first);
  first = std::optional<Batch>{};
  broker.lose_assignments("g", "t");
  listener.lost_partitions.wait(0);
  EXPECT_EQ(listener.lost_partitions, 3);
  const auto again = reader->next(std::chrono::seconds{60}, {});
  ASSERT_TRUE(again && *again);
  EXPECT_EQ((*again)->records().front().offset, Offset{0});
  EXPECT_EQ(listener.owned, 3);
}

}  // namespace
}  // namespace wikiflow::topic
