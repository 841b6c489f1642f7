// The contract of topics over a real broker, plain and with TLS and SCRAM-SHA-256. Where the broker is comes
// from the environment; a missing variable fails, since a contract that was not tested is not kept.

#include <random>

#include "topic/contract_test.h"
#include "topic/kafka/config.h"
#include "topic/kafka/kafka.h"

namespace wikiflow::topic::kafka {
namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') {
    throw std::runtime_error(std::string(name) + " is not set; start a broker with `make servers`");
  }
  return value;
}

KafkaOptions plain() {
  KafkaOptions options;
  options.bootstrap = from_environment("WIKIFLOW_TEST_BROKER");
  return options;
}

KafkaOptions secure() {
  KafkaOptions options;
  options.bootstrap = from_environment("WIKIFLOW_TEST_BROKER_SECURE");
  options.properties = {
      {"security.protocol", "SASL_SSL"},
      {"ssl.ca.location", from_environment("WIKIFLOW_TEST_CA")},
      {"sasl.mechanism", "SCRAM-SHA-256"},
      {"sasl.username", from_environment("WIKIFLOW_TEST_SASL_USERNAME")},
      {"sasl.password", from_environment("WIKIFLOW_TEST_SASL_PASSWORD")},
  };
  return options;
}

class KafkaWorld final : public ContractWorld {
 public:
  explicit KafkaWorld(KafkaOptions options) : options_(std::move(options)) {}

  Broker& broker() override { return *broker_; }
  Metrics& metrics() override { return metrics_; }
  Broker& restarted() override {
    broker_ = value_of(connect(options_, metrics_));
    return *broker_;
  }

  void expire(const std::string& topic, Partition partition, Offset beginning) override {
    const auto client = consumer("expire");
    const QueueHandle queue(rd_kafka_queue_new(client.get()));
    const PartitionsHandle list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition.number)->offset = beginning.value;
    const DeleteRecordsHandle request(rd_kafka_DeleteRecords_new(list.get()));
    std::array requests{request.get()};
    rd_kafka_DeleteRecords(client.get(), requests.data(), 1, nullptr, queue.get());
    const EventHandle event(rd_kafka_queue_poll(queue.get(), 60'000));
    ASSERT_TRUE(event);
    ASSERT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR)
        << rd_kafka_event_error_string(event.get());
  }

  std::optional<Offset> committed(const std::string& group, const std::string& topic,
                                  Partition partition) override {
    const auto client = consumer(group);
    const PartitionsHandle list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition.number);
    const auto error = rd_kafka_committed(client.get(), list.get(), 60'000);
    EXPECT_EQ(error, RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(error);
    if (list->elems[0].offset < 0) return std::nullopt;
    return Offset{list->elems[0].offset};
  }

 private:
  Client consumer(const std::string& group) {
    auto settings = admin_settings(options_);
    settings.emplace_back("group.id", group);
    return value_of(make_client(RD_KAFKA_CONSUMER, settings, contact_));
  }

  const KafkaOptions options_;
  Metrics metrics_;
  std::shared_ptr<Contact> contact_ = std::make_shared<Contact>("contract test");
  std::unique_ptr<Broker> broker_ = value_of(connect(options_, metrics_));
};

TEST(KafkaBroker, IsTransientlyAwayWhenNobodyListens) {
  KafkaOptions options;
  options.bootstrap = "127.0.0.1:1";
  Metrics metrics;
  const auto broker = value_of(connect(options, metrics));
  TopicSpec spec;
  spec.name = "any";
  const auto state = broker->ensure(spec, milliseconds{1500});
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().kind, ErrorKind::transient);
  EXPECT_THAT(state.error().what, testing::HasSubstr("127.0.0.1:1"));
}

TEST(KafkaBroker, RefusesAWrongPassword) {
  auto options = secure();
  options.properties["sasl.password"] = "not the password";
  Metrics metrics;
  const auto broker = value_of(connect(options, metrics));
  const auto writer = value_of(broker->writer("any"));
  EXPECT_TRUE(writer->send({"k", "v", {}}, {}));
  EXPECT_TRUE(eventually([&] {
    const auto trouble = writer->trouble();
    return trouble && trouble->find("uthentication") != std::string::npos;
  }));
  EXPECT_THAT(writer->trouble().value_or(""), testing::Not(testing::HasSubstr("not the password")));
}

// A topic of one partition with one setting of its own. Its name.
std::string make_topic(const std::string& kind, const char* setting, const char* value) {
  const auto contact = std::make_shared<Contact>("contract test");
  const auto client = value_of(make_client(RD_KAFKA_CONSUMER, admin_settings(plain()), contact));
  const std::string name =
      "contract." + kind + "." + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
  const NewTopicHandle topic(rd_kafka_NewTopic_new(name.c_str(), 1, 1, nullptr, 0));
  rd_kafka_NewTopic_set_config(topic.get(), setting, value);
  const QueueHandle queue(rd_kafka_queue_new(client.get()));
  std::array topics{topic.get()};
  rd_kafka_CreateTopics(client.get(), topics.data(), 1, nullptr, queue.get());
  const EventHandle made(rd_kafka_queue_poll(queue.get(), 60'000));
  EXPECT_TRUE(made);
  return name;
}

TEST(KafkaBroker, HandsOutTheRecordThatTheTopicRefusesAlone) {
  const std::string name = make_topic("small", "max.message.bytes", "600000");
  Metrics metrics;
  const auto broker = value_of(connect(plain(), metrics));
  const auto writer = value_of(broker->writer(name));
  std::string large(700'000, '\0');  // that no compression makes small
  std::mt19937 random(1);
  for (char& c : large) c = static_cast<char>(random());
  for (const std::string& value : {std::string("before"), large, std::string("after")}) {
    ASSERT_TRUE(writer->send({"k", value, {}}, {}));
  }
  ASSERT_TRUE(writer->flush(kPatience));
  EXPECT_EQ(writer->acknowledged(), 3U);
  EXPECT_EQ(writer->refused(), 1U);
  const auto refused = writer->take_refused();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].sequence, 1U);
  EXPECT_EQ(refused[0].value, large);
  EXPECT_FALSE(refused[0].why.empty());
  EXPECT_TRUE(writer->take_refused().empty());
}

TEST(KafkaBroker, SendsOneByOneWhereABatchIsLargerThanTheTopicTakes) {
  const std::string name = make_topic("tiny", "max.message.bytes", "5000");
  Metrics metrics;
  const auto broker = value_of(connect(plain(), metrics));
  std::mt19937 random(1);
  const auto noise = [&random](std::size_t size) {
    std::string value(size, '\0');
    for (char& c : value) c = static_cast<char>(random());
    return value;
  };
  const auto batching = value_of(broker->writer(name));
  for (int i = 0; i < 100; ++i) {
    if (!batching->send({"k", noise(900), {}}, {})) break;
  }
  const auto flushed = batching->flush(kPatience);
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().kind, ErrorKind::fatal);
  EXPECT_EQ(batching->refused(), 0U) << "of a batch nobody knows which";

  const auto one_by_one = value_of(broker->writer(name));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(one_by_one->send({"k", noise(i == 50 ? 6'000 : 900), {}}, {}));
  ASSERT_TRUE(one_by_one->flush(kPatience));
  EXPECT_EQ(one_by_one->acknowledged(), 100U);
  const auto refused = one_by_one->take_refused();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].sequence, 50U);
}

TEST(KafkaBroker, RefusesATopicThatIsCompacted) {
  Metrics metrics;
  const std::string name = make_topic("compacted", "cleanup.policy", "compact");
  const auto broker = value_of(connect(plain(), metrics));
  TopicSpec spec;
  spec.name = name;
  std::optional<Error> error;
  EXPECT_TRUE(eventually([&] {
    spec.create = false;
    const auto state = broker->ensure(spec, kPatience);
    if (!state && state.error().what.find("compact") != std::string::npos) error = state.error();
    return error.has_value();
  }));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::fatal);
}

INSTANTIATE_TEST_SUITE_P(
    Kafka, TopicContract,
    testing::Values(WorldMaker{"Plain", [] { return std::make_unique<KafkaWorld>(plain()); }},
                    WorldMaker{"TlsAndScram", [] { return std::make_unique<KafkaWorld>(secure()); }}),
    world_name);

}  // namespace
}  // namespace wikiflow::topic::kafka
