#include "topic/kafka/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace wikiflow::topic::kafka {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string last_of(const Settings& settings, const std::string& name) {
  std::string value = "(not set)";
  for (const auto& [property, set] : settings) {
    if (property == name) value = set;
  }
  return value;
}

KafkaOptions with(const std::string& property, const std::string& value) {
  KafkaOptions options;
  options.properties[property] = value;
  return options;
}

class RefusedProperty : public testing::TestWithParam<const char*> {};

TEST_P(RefusedProperty, IsNamedInTheError) {
  const auto checked = check_properties(with(GetParam(), "1"));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(checked.error().what, HasSubstr(std::string("'") + GetParam() + "'"));
  Metrics metrics;
  EXPECT_FALSE(connect(with(GetParam(), "1"), metrics));
}

INSTANTIATE_TEST_SUITE_P(Kafka, RefusedProperty,
                         testing::Values("acks", "request.required.acks", "enable.idempotence", "partitioner",
                                         "auto.offset.reset", "enable.auto.commit", "auto.commit.enable",
                                         "enable.auto.offset.store", "message.timeout.ms",
                                         "delivery.timeout.ms", "transactional.id", "isolation.level",
                                         "retries", "message.send.max.retries", "delivery.report.only.error",
                                         "group.id", "bootstrap.servers", "metadata.broker.list",
                                         "check.crcs"));

TEST(KafkaConfig, NamesAPropertyThatLibrdkafkaDoesNotKnow) {
  const auto checked = check_properties(with("linger.hours", "1"));
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().what, AllOf(HasSubstr("'linger.hours'"), HasSubstr("No such configuration")));
}

TEST(KafkaConfig, NamesAPropertyWithAWrongValue) {
  const auto checked = check_properties(with("socket.timeout.ms", "soon"));
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().what, HasSubstr("'socket.timeout.ms'"));
}

// librdkafka quotes a value it does not take.
TEST(KafkaConfig, NeverShowsASecretInAnError) {
  for (const char* property : {"ssl.key.pem", "ssl.key.password", "sasl.oauthbearer.client.secret"}) {
    EXPECT_TRUE(is_secret(property)) << property;
  }
  EXPECT_FALSE(is_secret("sasl.username"));
  EXPECT_EQ(without_value("Invalid value \"hunter2\" for hunter2 of x", "hunter2"),
            "Invalid value \"***\" for *** of x");
  EXPECT_EQ(without_value("Invalid value", ""), "Invalid value");
}

TEST(KafkaConfig, RefusesAnEmptyBootstrapList) {
  KafkaOptions options;
  options.bootstrap = "";
  EXPECT_THAT(check_properties(options).error().what, HasSubstr("bootstrap"));
}

TEST(KafkaConfig, PassesTlsAndSaslThrough) {
  KafkaOptions options;
  options.properties = {{"security.protocol", "SASL_SSL"},
                        {"sasl.mechanism", "SCRAM-SHA-256"},
                        {"sasl.username", "u"},
                        {"sasl.password", "p"},
                        {"ssl.ca.location", "ca.pem"}};
  EXPECT_TRUE(check_properties(options));
  for (const auto& settings :
       {writer_settings(options), reader_settings(options, {}, 6), admin_settings(options)}) {
    EXPECT_EQ(last_of(settings, "security.protocol"), "SASL_SSL");
    EXPECT_EQ(last_of(settings, "sasl.password"), "p");
  }
}

TEST(KafkaConfig, LetsAPropertyOverrideWhatIsOnlyTuning) {
  EXPECT_EQ(last_of(writer_settings(with("linger.ms", "20")), "linger.ms"), "20");
  EXPECT_EQ(last_of(writer_settings(with("batch.num.messages", "20"), true), "batch.num.messages"), "1");
  EXPECT_EQ(last_of(reader_settings(with("fetch.wait.max.ms", "500"), {}, 6), "fetch.wait.max.ms"), "500");
}

TEST(KafkaConfig, KeepsThePromiseInWhatAWriterIsGiven) {
  const auto settings = writer_settings({});
  EXPECT_EQ(last_of(settings, "enable.idempotence"), "true");
  EXPECT_EQ(last_of(settings, "acks"), "all");
  EXPECT_EQ(last_of(settings, "message.timeout.ms"), "60000");
  EXPECT_EQ(last_of(settings, "partitioner"), "murmur2_random");
}

TEST(KafkaConfig, SplitsTheReadersMemoryOverThePartitions) {
  KafkaOptions options;
  options.max_fetched_bytes = 60U << 20U;
  ReaderOptions reader;
  reader.group = "g";
  const auto few = reader_settings(options, reader, 6);
  EXPECT_EQ(last_of(few, "queued.max.messages.kbytes"), "10240");
  EXPECT_EQ(last_of(few, "queued.min.messages"), "5000");
  EXPECT_EQ(last_of(few, "group.id"), "g");
  const auto many = reader_settings(options, {}, 10'000);
  EXPECT_EQ(last_of(many, "queued.max.messages.kbytes"), "512") << "the least a partition needs";
  EXPECT_EQ(last_of(many, "queued.min.messages"), "1000");
  EXPECT_EQ(last_of(many, "group.id"), "wikiflow") << "librdkafka wants some group";
}

TEST(KafkaConfig, IsTakenWholeByLibrdkafka) {
  const auto contact = std::make_shared<Contact>("test");
  const KafkaOptions options;
  EXPECT_TRUE(make_client(RD_KAFKA_PRODUCER, writer_settings(options), contact));
  EXPECT_TRUE(make_client(RD_KAFKA_CONSUMER, reader_settings(options, {}, 6), contact));
  EXPECT_TRUE(make_client(RD_KAFKA_CONSUMER, admin_settings(options), contact));
}

TEST(KafkaConfig, SaysWhichPropertiesDoNotGoTogether) {
  const auto contact = std::make_shared<Contact>("test");
  const auto client = make_client(
      RD_KAFKA_PRODUCER, writer_settings(with("max.in.flight.requests.per.connection", "100")), contact);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(client.error().what, HasSubstr("max.in.flight"));
}

TEST(KafkaFeatures, TellTheVersionAndWhatIsBuiltIn) {
  EXPECT_THAT(features(), AllOf(HasSubstr("librdkafka 2."), HasSubstr("ssl"), HasSubstr("sasl_scram")));
}

}  // namespace
}  // namespace wikiflow::topic::kafka
