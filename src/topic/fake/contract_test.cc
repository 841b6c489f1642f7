#include "topic/contract_test.h"

#include "topic/fake/fake.h"

namespace wikiflow::topic {
namespace {

class FakeWorld final : public ContractWorld {
 public:
  Broker& broker() override { return broker_; }
  Broker& restarted() override { return broker_; }
  Metrics& metrics() override { return metrics_; }
  void expire(const std::string& topic, Partition partition, Offset beginning) override {
    broker_.expire(topic, partition, beginning);
  }
  std::optional<Offset> committed(const std::string& group, const std::string& topic,
                                  Partition partition) override {
    const auto commits = broker_.committed(group, topic);
    const auto found = commits.find(partition);
    return found == commits.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  Metrics metrics_;
  FakeBroker broker_{metrics_, system_clock()};
};

INSTANTIATE_TEST_SUITE_P(Fake, TopicContract,
                         testing::Values(WorldMaker{"Memory", [] { return std::make_unique<FakeWorld>(); }}),
                         world_name);

}  // namespace
}  // namespace wikiflow::topic
