#include "topic/kafka/client.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "topic/kafka/config.h"

namespace wikiflow::topic::kafka {
namespace {

Client client_of(const std::string& bootstrap) {
  KafkaOptions options;
  options.bootstrap = bootstrap;
  auto made = make_client(RD_KAFKA_CONSUMER, admin_settings(options), std::make_shared<Contact>("test"));
  if (!made) throw std::runtime_error(made.error().what);
  return std::move(*made);
}

class KafkaClient : public testing::Test {
 protected:
  SteadyTime after(int seconds) const { return began_ + std::chrono::seconds(seconds); }

 private:
  const SteadyTime began_ = steady_now();
};

TEST_F(KafkaClient, IsGivenItsBrokersAnewAtOnceWhenItKnowsNone) {
  // Nobody listens there; many, so that the list is long.
  std::string brokers = "127.0.0.1:1";
  for (int port = 2; port < 600; ++port) brokers += ",127.0.0.1:" + std::to_string(port);
  Client client = client_of(brokers);
  EXPECT_FALSE(client.keep_brokers(2, 1, after(0)));
  EXPECT_TRUE(client.keep_brokers(0, 0, after(0)));
}

TEST_F(KafkaClient, IsGivenItsBrokersAnewWhenItIsConnectedToNoneForLong) {
  Client client = client_of("127.0.0.1:1");
  EXPECT_FALSE(client.keep_brokers(1, 0, after(0)));
  EXPECT_FALSE(client.keep_brokers(1, 0, after(9)));
  EXPECT_TRUE(client.keep_brokers(1, 0, after(10)));
  EXPECT_FALSE(client.keep_brokers(1, 0, after(19)));
  EXPECT_TRUE(client.keep_brokers(1, 0, after(20)));
  EXPECT_FALSE(client.keep_brokers(1, 0, after(39)));
  EXPECT_TRUE(client.keep_brokers(1, 0, after(40)));
}

TEST_F(KafkaClient, IsNotGivenItsBrokersWhenItWasConnectedInBetween) {
  Client client = client_of("127.0.0.1:1");
  EXPECT_FALSE(client.keep_brokers(1, 0, after(0)));
  EXPECT_FALSE(client.keep_brokers(1, 1, after(9)));
  EXPECT_FALSE(client.keep_brokers(1, 0, after(12)));
  EXPECT_FALSE(client.keep_brokers(1, 0, after(21)));
  EXPECT_TRUE(client.keep_brokers(1, 0, after(22)));
}

TEST_F(KafkaClient, IsNoneAfterItsEnd) {
  Client client = client_of("127.0.0.1:1");
  client.end();
  EXPECT_FALSE(client.keep_brokers(0, 0, after(0)));
}

}  // namespace
}  // namespace wikiflow::topic::kafka
