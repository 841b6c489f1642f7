#include "wikiflow/dlq.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/scratch_dir.h"
#include "pipeline/dead_letter.h"
#include "run/fakes_test.h"
#include "topic/local/local.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr auto kTopic = "wikipedia.changes";
constexpr auto kLetters = "wikipedia.changes.dlq";
constexpr auto kEvent = R"({"meta":{"id":"m","domain":"d"},"title":"t"})";

class DlqTest : public testing::Test {
 protected:
  config::DlqSettings settings() const {
    config::DlqSettings settings;
    settings.broker.bootstrap = "broker:9092";
    settings.topic.name = kTopic;
    settings.topic.dead_letters = kLetters;
    settings.state_dir = state_.string();
    settings.give_up_after = 1s;
    return settings;
  }
  static void fill(topic::Broker& broker) {
    ASSERT_TRUE(broker.ensure({.name = kTopic, .partitions = 1}, 1s));
    ASSERT_TRUE(broker.ensure({.name = kLetters, .partitions = 1}, 1s));
    const auto writer = *broker.writer(kLetters);
    for (const std::string data : {"{broken \"\n", kEvent}) {
      const auto letter = pipeline::dead_event(
          {.oversized = false, .data = data, .bytes = data.size(), .id = "m", .why = "why"});
      std::vector<topic::Header> headers;
      const auto named = pipeline::headers_of(letter);
      for (const auto& [name, value] : named) headers.push_back({name, value});
      ASSERT_TRUE(writer->send({.key = {}, .value = letter.value, .headers = headers}, {}));
    }
    ASSERT_TRUE(writer->flush(10s));
  }
  ExitCode list(DlqPlace place, std::size_t limit = 100) {
    out_.str("");
    return dlq_list(settings(), place, limit, world_.factories(), {}, out_, err_);
  }
  ExitCode redrive(DlqPlace place) {
    out_.str("");
    return dlq_redrive(settings(), place, world_.factories(), {}, out_);
  }

  World world_;
  ScratchDir dir_;
  std::filesystem::path state_ = dir_.path() / "state";
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(DlqTest, ListsALineOfJsonForEachLetter) {
  fill(world_.broker);
  EXPECT_EQ(list(DlqPlace::broker), ExitCode::ok);
  EXPECT_THAT(out_.str(), StartsWith(R"({"id":")"));
  EXPECT_THAT(out_.str(), HasSubstr(R"("origin":"event m",)"));
  EXPECT_THAT(out_.str(),
              HasSubstr(R"("reason":"malformed","why":"why","size":10,"kept":10,"redriven":false,)"));
  EXPECT_THAT(out_.str(), HasSubstr(R"("begins":"{broken \"\n"})"));
  EXPECT_EQ(std::ranges::count(out_.str(), '\n'), 2);
  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(list(DlqPlace::broker, 1), ExitCode::ok);
  EXPECT_EQ(std::ranges::count(out_.str(), '\n'), 1);
  EXPECT_THAT(err_.str(), HasSubstr("more than 1; --limit"));
}

TEST_F(DlqTest, RedrivesOnceAndSaysHowMany) {
  fill(world_.broker);
  EXPECT_EQ(redrive(DlqPlace::broker), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("1 re-driven to wikipedia.changes, 0 were before"));
  EXPECT_THAT(out_.str(), HasSubstr("1 still cannot be decoded"));
  EXPECT_EQ(redrive(DlqPlace::broker), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("0 re-driven to wikipedia.changes, 1 were before"));
  EXPECT_EQ(world_.records(kTopic), 1U);
}

TEST_F(DlqTest, SaysThatTheTopicIsMissingAndMakesNone) {
  EXPECT_EQ(list(DlqPlace::broker), ExitCode::unavailable);
  EXPECT_EQ(world_.broker.partitions(kLetters), 0);
}

TEST_F(DlqTest, GivesUpWhenTheBrokerIsAway) {
  world_.broker.away(true);
  EXPECT_EQ(list(DlqPlace::broker), ExitCode::unavailable);
}

TEST_F(DlqTest, WorksOnTheEmbeddedLogButNotWhileAnotherHoldsIt) {
  EXPECT_EQ(list(DlqPlace::local), ExitCode::unavailable);
  EXPECT_FALSE(std::filesystem::exists(state_)) << "made only to look into it";
  {
    Metrics metrics;
    const auto broker = *topic::local::open(state_, {}, {}, metrics, system_clock());
    fill(*broker);
    EXPECT_EQ(list(DlqPlace::local), ExitCode::unavailable);
  }
  EXPECT_EQ(redrive(DlqPlace::local), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("1 re-driven"));
  EXPECT_EQ(list(DlqPlace::local), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr(R"("redriven":true)"));
  EXPECT_TRUE(world_.asked_brokers.empty());
}

}  // namespace
}  // namespace wikiflow::app
