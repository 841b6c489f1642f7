#include "topic/kafka/contact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "topic/kafka/errors.h"
#include "topic/kafka/writer.h"

namespace wikiflow::topic::kafka {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::int16_t kFetch = 1;
constexpr std::int16_t kMetadata = 3;
constexpr std::int16_t kSaslHandshake = 17;
constexpr std::int16_t kApiVersions = 18;

SteadyTime ago(std::chrono::seconds time) { return std::chrono::steady_clock::now() - time; }

TEST(KafkaContact, WasNeverHeardFromAtFirst) {
  const Contact contact("test");
  EXPECT_EQ(contact.last(), SteadyTime{});
  EXPECT_FALSE(contact.trouble());
}

TEST(KafkaContact, MovesWithEveryResponseButThoseOfTheHandshake) {
  Contact contact("test");
  contact.heard(1, kApiVersions);
  contact.heard(1, kSaslHandshake);
  EXPECT_EQ(contact.last(), SteadyTime{});
  contact.heard(1, kMetadata);
  EXPECT_GT(contact.last(), ago(std::chrono::seconds{60}));
}

TEST(KafkaContact, IsInTroubleFromASevereErrorToTheNextResponse) {
  Contact contact("test");
  contact.error(RD_KAFKA_RESP_ERR__TRANSPORT, "b:9092: Connection refused");
  EXPECT_FALSE(contact.trouble()) << "one connection of several";
  contact.error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
  EXPECT_THAT(contact.trouble().value_or(""),
              AllOf(HasSubstr("brokers are down"), HasSubstr("Connection refused")));
  contact.heard(1, kApiVersions);
  EXPECT_TRUE(contact.trouble());
  contact.heard(1, kMetadata);
  EXPECT_FALSE(contact.trouble());
}

TEST(KafkaContact, SaysThatTheLoginWasRefused) {
  Contact contact("test");
  contact.error(RD_KAFKA_RESP_ERR__AUTHENTICATION, "SASL authentication error");
  EXPECT_EQ(contact.trouble(), "SASL authentication error");
  contact.error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
  EXPECT_THAT(contact.trouble().value_or(""), HasSubstr("SASL authentication error"));
}

TEST(KafkaContact, IsInTroubleWhenAnAnswerIsOwedForLong) {
  Contact contact("test");
  contact.owed_since(ago(std::chrono::seconds{2}));
  EXPECT_FALSE(contact.trouble());
  contact.owed_since(ago(std::chrono::seconds{65}));
  EXPECT_THAT(contact.trouble().value_or(""), HasSubstr("no answer for 6"));
  contact.owed_since(std::nullopt);
  EXPECT_FALSE(contact.trouble());
}

TEST(KafkaContact, NeverRecoversFromAFailure) {
  Contact contact("test");
  contact.failed("fenced");
  contact.failed("something that followed");
  contact.heard(1, kFetch);
  EXPECT_EQ(contact.trouble(), "fenced");
}

TEST(KafkaContact, IsAsOldAsTheOldestFetchFromALeader) {
  Contact contact("test");
  contact.heard(1, kMetadata);
  EXPECT_EQ(contact.last_fetch(), contact.last()) << "nothing is read";
  contact.heard(1, kFetch);
  const auto of_first = contact.last();
  contact.heard(2, kFetch);
  EXPECT_EQ(contact.last_fetch(), of_first);
  contact.set_leaders({2}, true);
  EXPECT_EQ(contact.last_fetch(), contact.last());
  contact.set_leaders({2, 3}, true);
  EXPECT_EQ(contact.last_fetch(), SteadyTime{}) << "broker 3 has not answered a fetch yet";
}

TEST(KafkaContact, StandsStillWhileAPartitionHasNoLeader) {
  Contact contact("test");
  contact.set_leaders({1, 2}, true);
  contact.heard(1, kFetch);
  contact.heard(2, kFetch);
  const auto before = contact.last_fetch();
  contact.set_leaders({1}, false);
  contact.heard(1, kFetch);
  contact.set_leaders({1}, false);
  EXPECT_EQ(contact.last_fetch(), before);
  contact.set_leaders({1}, true);
  EXPECT_GT(contact.last_fetch(), before);
}

TEST(KafkaErrors, TellLastingFromPassing) {
  EXPECT_EQ(error_of(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "reading", "no").value().kind,
            ErrorKind::fatal);
  const auto passing = error_of(RD_KAFKA_RESP_ERR__TIMED_OUT, "reading", "timed out").value();
  EXPECT_EQ(passing.kind, ErrorKind::transient);
  EXPECT_EQ(passing.what, "reading: timed out");
  EXPECT_TRUE(severe(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED));
  EXPECT_FALSE(severe(RD_KAFKA_RESP_ERR__TRANSPORT));
}

TEST(KafkaWriterFailure, PassesOverARecordOnlyWhenItWasABatchOfItsOwn) {
  EXPECT_EQ(classify(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 600'000, 500'000), DeliveryFailure::refused);
  EXPECT_EQ(classify(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 400, 500'000), DeliveryFailure::fatal);
  EXPECT_EQ(classify(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 600'000, 500'000), DeliveryFailure::fatal);
  EXPECT_EQ(classify(RD_KAFKA_RESP_ERR__PURGE_QUEUE, 600'000, 500'000), DeliveryFailure::fatal);
}

}  // namespace
}  // namespace wikiflow::topic::kafka
