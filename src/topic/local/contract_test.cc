#include "topic/contract_test.h"

#include <filesystem>

#include "base/scratch_dir.h"
#include "topic/local/broker.h"

namespace wikiflow::topic::local {
namespace {

class LocalWorld final : public ContractWorld {
 public:
  explicit LocalWorld(bool sync) { options_.sync = sync; }

  Broker& broker() override { return *broker_; }
  Metrics& metrics() override { return metrics_; }
  Broker& restarted() override {
    broker_.reset();
    broker_ = opened();
    return *broker_;
  }
  void expire(const std::string& topic, Partition partition, Offset beginning) override {
    const auto done = broker_->topics().find(topic)->expire(partition, beginning);
    ASSERT_TRUE(done) << done.error().what;
  }
  std::optional<Offset> committed(const std::string& group, const std::string& topic,
                                  Partition partition) override {
    return broker_->commits().get(group, topic, partition);
  }

 private:
  std::unique_ptr<LocalBroker> opened() {
    return value_of(
        LocalBroker::open(value_of(Database::open(dir_.path(), {})), options_, metrics_, system_clock()));
  }

  Metrics metrics_;
  ScratchDir dir_;
  LocalOptions options_;
  std::unique_ptr<LocalBroker> broker_ = opened();
};

INSTANTIATE_TEST_SUITE_P(
    Local, TopicContract,
    testing::Values(WorldMaker{"Buffered", [] { return std::make_unique<LocalWorld>(false); }},
                    WorldMaker{"Synced", [] { return std::make_unique<LocalWorld>(true); }}),
    world_name);

}  // namespace
}  // namespace wikiflow::topic::local
