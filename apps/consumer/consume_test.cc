#include "consumer/consume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "base/eventually.h"
#include "run/counting.h"
#include "run/fakes_test.h"
#include "store/cassandra/session_fake.h"
#include "store/memory/memory_store.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr auto kTopic = "wikipedia.changes";
constexpr auto kLetters = "wikipedia.changes.dlq";

class ConsumeTest : public testing::Test {
 protected:
  static config::ConsumerSettings settings() {
    config::ConsumerSettings settings;
    settings.broker.bootstrap = "broker:9092";
    settings.topic.name = kTopic;
    settings.topic.dead_letters = kLetters;
    settings.topic.partitions = 3;
    settings.group = "g";
    settings.storage = "memory";
    settings.http_addr = "127.0.0.1:0";
    return settings;
  }
  void fill(int n) {
    ASSERT_TRUE(world_.broker.ensure({.name = kTopic, .partitions = 3}, 1s));
    auto writer = *world_.broker.writer(kTopic);
    for (int i = 0; i < n; ++i) {
      const std::string value = R"({"domain":"d","title":"t","user":"u)" + std::to_string(i % 7) + "\"}";
      ASSERT_TRUE(writer->send({.key = value, .value = value, .headers = {}}, {}));
    }
  }
  std::int64_t committed() const {
    std::int64_t sum = 0;
    for (const auto& [partition, offset] : world_.broker.committed("g", kTopic)) sum += offset.value;
    return sum;
  }

  World world_;
  std::shared_ptr<store::cassandra::FakeCluster> cluster_ = std::make_shared<store::cassandra::FakeCluster>();
  ConnectCassandra cassandra_ = [this](const store::cassandra::ConnectionOptions& options)
      -> Result<std::unique_ptr<store::cassandra::Session>> {
    asked_cassandra_.push_back(options);
    return std::make_unique<store::cassandra::FakeSession>(cluster_);
  };
  std::vector<store::cassandra::ConnectionOptions> asked_cassandra_;
  std::stop_source stop_;
  std::ostringstream out_;
};

TEST_F(ConsumeTest, CountsTheTopicCommitsAndEndsWellWhenAsked) {
  fill(700);
  ExitCode code{};
  std::thread run(
      [&] { code = consume(settings(), world_.factories(), cassandra_, stop_.get_token(), out_, false); });
  EXPECT_TRUE(eventually([&] { return committed() == 700; }));
  stop_.request_stop();
  run.join();
  EXPECT_EQ(code, ExitCode::ok);
}

TEST_F(ConsumeTest, KeepsWhatItCannotDecodeAsADeadLetterBeforeItCommits) {
  fill(70);
  world_.broker.append(kTopic, Partition{1},
                       {.key = "", .value = "junk", .headers = {}, .time = {}, .offset = {}});
  ExitCode code{};
  std::thread run(
      [&] { code = consume(settings(), world_.factories(), cassandra_, stop_.get_token(), out_, false); });
  EXPECT_TRUE(eventually([&] { return committed() == 71; }));
  const auto letters = world_.broker.records(kLetters, Partition{0});
  stop_.request_stop();
  run.join();
  EXPECT_EQ(code, ExitCode::ok);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters.front().value, "junk");
}

TEST_F(ConsumeTest, GivesUpWhenTheBrokerIsAwayForTooLong) {
  world_.broker.away(true);
  auto impatient = settings();
  impatient.give_up_after = 1ms;
  EXPECT_EQ(consume(impatient, world_.factories(), cassandra_, stop_.get_token(), out_, false),
            ExitCode::unavailable);
}

TEST_F(ConsumeTest, EndsWithAClearErrorWhenTheTopicIsMissingAndMayNotBeMade) {
  auto strict = settings();
  strict.topic.create = false;
  EXPECT_EQ(consume(strict, world_.factories(), cassandra_, stop_.get_token(), out_, false),
            ExitCode::unavailable);
}

TEST_F(ConsumeTest, ChecksTheTopic) {
  EXPECT_EQ(check_consumer(settings(), true, world_.factories(), cassandra_, out_), ExitCode::ok);
  EXPECT_EQ(check_consumer(settings(), false, world_.factories(), cassandra_, out_), ExitCode::unavailable);
  fill(0);
  EXPECT_EQ(check_consumer(settings(), false, world_.factories(), cassandra_, out_), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("topic: ok, wikipedia.changes with 3 partitions"));
}

class CountingTest : public ConsumeTest {
 protected:
  std::unique_ptr<Counting> make() {
    return std::make_unique<Counting>(world_.broker, std::make_unique<store::MemoryStore>(),
                                      CountingOptions{.topic = {.name = kTopic, .partitions = 3},
                                                      .dead_letters = {.name = kLetters, .partitions = 1},
                                                      .group = "g"},
                                      system_clock(), metrics_);
  }
  static std::string complete(const serve::Response& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "X-Wikiflow-Complete") return value;
    }
    return "";
  }
  Metrics metrics_;
};

TEST_F(CountingTest, AnswersWithEmptyMapsBeforeThereIsAnythingToRead) {
  const auto counting = make();
  const auto response = counting->stats_route().get({.path = "/stats", .query = {}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(*response.body, "{\"by_domain\":{},\"by_user\":{}}\n");
  EXPECT_EQ(complete(response), "false");
  EXPECT_EQ(counting->records_behind(), std::nullopt);
  for (const auto& dependency : counting->dependencies())
    EXPECT_EQ(dependency.trouble().has_value(), dependency.name == "topic" || dependency.name == "caught_up")
        << dependency.name;
}

TEST_F(CountingTest, IsReadyOnceItHasCountedWhatWasThere) {
  fill(70);
  const auto counting = make();
  counting->start();
  ASSERT_TRUE(eventually([&] {
    return std::ranges::none_of(counting->dependencies(),
                                [](const auto& d) { return d.trouble().has_value(); });
  }));
  const auto response = counting->stats_route().get({.path = "/stats", .query = {}});
  EXPECT_THAT(*response.body, HasSubstr(R"({"by_domain":{"d":70},"by_user":{)"));
  EXPECT_EQ(complete(response), "true");
  EXPECT_EQ(counting->records_behind(), 0);
  EXPECT_TRUE(counting->stop());
}

}  // namespace
}  // namespace wikiflow::app
