#include "topic/kafka/kafka.h"

#include <array>
#include <atomic>
#include <map>
#include <mutex>

#include "topic/kafka/admin.h"
#include "topic/kafka/config.h"
#include "topic/kafka/reader.h"
#include "topic/kafka/tails.h"
#include "topic/kafka/writer.h"

namespace wikiflow::topic::kafka {
namespace {

constexpr std::chrono::seconds kLookUpLimit{5};

class KafkaBroker final : public Broker {
 public:
  KafkaBroker(const KafkaOptions& options, Metrics& metrics) : options_(options), metrics_(metrics) {}

  Result<TopicState> ensure(const TopicSpec& spec, std::chrono::milliseconds limit) override {
    auto admin = Admin::make(options_);
    if (!admin) return tl::make_unexpected(admin.error());
    return (*admin)->ensure(spec, limit);
  }

  Result<std::unique_ptr<Writer>> writer(const std::string& topic) override {
    std::shared_ptr<std::atomic<bool>> one_by_one;
    {
      const std::lock_guard lock(mutex_);
      auto& kept = one_by_one_[topic];
      if (!kept) kept = std::make_shared<std::atomic<bool>>(false);
      one_by_one = kept;
    }
    return KafkaWriter::make(topic, options_, metrics_, std::move(one_by_one));
  }

  Result<std::unique_ptr<Reader>> reader(const std::string& topic, const ReaderOptions& options) override {
    const auto partitions = partitions_of(topic, kLookUpLimit);
    if (!partitions) return tl::make_unexpected(partitions.error());
    return KafkaReader::make(topic, *partitions, options_, options, metrics_);
  }

  Result<std::vector<Tail>> tails(const std::string& topic, std::size_t records_per_partition,
                                  std::chrono::milliseconds limit) override {
    const auto partitions = partitions_of(topic, limit);
    if (!partitions) return tl::make_unexpected(partitions.error());
    return read_tails(topic, *partitions, records_per_partition, limit, options_);
  }

 private:
  Result<int> partitions_of(const std::string& topic, std::chrono::milliseconds limit) const {
    auto admin = Admin::make(options_);
    if (!admin) return tl::make_unexpected(admin.error());
    auto partitions = (*admin)->partitions(topic, limit);
    if (partitions && *partitions == 0) {
      return fatal("there is no topic '" + topic + "' on " + options_.bootstrap +
                   "; create it with `producer topic ensure`");
    }
    return partitions;
  }

  const KafkaOptions options_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<std::atomic<bool>>> one_by_one_;  // by topic: see writer.h
};

}  // namespace

Result<std::unique_ptr<Broker>> connect(const KafkaOptions& options, Metrics& metrics) {
  if (auto checked = check_properties(options); !checked) return tl::make_unexpected(checked.error());
  return std::make_unique<KafkaBroker>(options, metrics);
}

std::string features() {
  const ConfHandle conf(rd_kafka_conf_new());
  std::array<char, 512> builtin{};
  std::size_t size = builtin.size();
  if (rd_kafka_conf_get(conf.get(), "builtin.features", builtin.data(), &size) != RD_KAFKA_CONF_OK) size = 0;
  return std::string("librdkafka ") + rd_kafka_version_str() + " (" + (size > 0 ? builtin.data() : "?") + ")";
}

}  // namespace wikiflow::topic::kafka
