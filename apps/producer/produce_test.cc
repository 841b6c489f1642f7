#include "producer/produce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "base/eventually.h"
#include "run/fakes_test.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class ProduceTest : public testing::Test {
 protected:
  static config::ProducerSettings settings() {
    config::ProducerSettings settings;
    settings.broker.bootstrap = "broker:9092";
    settings.topic.name = "wikipedia.changes";
    settings.topic.dead_letters = "wikipedia.changes.dlq";
    settings.topic.partitions = 3;
    settings.source.url = "https://stream.wikimedia.org/v2/stream/recentchange";
    settings.source.contact = "ops@example.org";
    settings.http_addr = "127.0.0.1:0";
    return settings;
  }

  World world_;
  std::stop_source stop_;
  std::ostringstream out_;
};

TEST_F(ProduceTest, WritesTheStreamToTheTopicAndEndsWellWhenAsked) {
  world_.script = {{.frames = World::frames(500)}};
  ExitCode code{};
  std::thread run([&] { code = produce(settings(), world_.factories(), stop_.get_token(), out_, false); });
  EXPECT_TRUE(eventually([&] { return world_.records("wikipedia.changes") == 500; }));
  stop_.request_stop();
  run.join();
  EXPECT_EQ(code, ExitCode::ok);
  EXPECT_EQ(world_.asked_brokers.at(0).bootstrap, "broker:9092");
  EXPECT_THAT(world_.asked_streams.at(0).url,
              StartsWith("https://stream.wikimedia.org/v2/stream/recentchange?since=20"));
  EXPECT_THAT(world_.asked_streams.at(0).user_agent, HasSubstr("ops@example.org"));
}

TEST_F(ProduceTest, KeepsWhatCannotBecomeARecordAsADeadLetter) {
  auto frames = World::frames(3);
  frames.push_back({.data = R"({"meta":{"id":"m","domain":"d"}})"});
  world_.script = {{.frames = frames}};
  world_.then = sse::FakeStream::Then::no_content;
  EXPECT_EQ(produce(settings(), world_.factories(), stop_.get_token(), out_, false), ExitCode::ok);
  EXPECT_EQ(world_.records("wikipedia.changes"), 3U);
  ASSERT_EQ(world_.records("wikipedia.changes.dlq"), 1U);
  EXPECT_EQ(world_.broker.records("wikipedia.changes.dlq", Partition{0}).front().value, frames.back().data);
}

TEST_F(ProduceTest, EndsWhenTheSourceAsksNotToComeBack) {
  world_.script = {{.frames = World::frames(5)}};
  world_.then = sse::FakeStream::Then::no_content;
  EXPECT_EQ(produce(settings(), world_.factories(), stop_.get_token(), out_, false), ExitCode::ok);
  EXPECT_EQ(world_.records("wikipedia.changes"), 5U);
}

TEST_F(ProduceTest, GivesUpWhenTheBrokerIsAwayForTooLong) {
  world_.broker.away(true);
  auto impatient = settings();
  impatient.give_up_after = 1ms;
  EXPECT_EQ(produce(impatient, world_.factories(), stop_.get_token(), out_, false), ExitCode::unavailable);
}

TEST_F(ProduceTest, RefusesOptionsThatTheBrokerCannotUse) {
  world_.refused_broker = Error{ErrorKind::bad_input, "acks cannot be set"};
  EXPECT_EQ(produce(settings(), world_.factories(), stop_.get_token(), out_, false), ExitCode::bad_config);
}

TEST_F(ProduceTest, SaysThatAPortIsInUse) {
  auto taken = settings();
  taken.http_addr = "nonsense";
  EXPECT_EQ(produce(taken, world_.factories(), stop_.get_token(), out_, false), ExitCode::bad_config);
}

TEST_F(ProduceTest, PrintsRecordsWithoutABroker) {
  world_.script = {{.frames = World::frames(3)}};
  world_.then = sse::FakeStream::Then::no_content;
  EXPECT_EQ(print_records(settings().source, world_.factories(), stop_.get_token(), out_), ExitCode::ok);
  EXPECT_TRUE(world_.asked_brokers.empty());
  EXPECT_THAT(out_.str(), StartsWith(R"({"domain":"d0","title":"t0","user":"u0","event_id":)"));
  EXPECT_EQ(std::ranges::count(out_.str(), '\n'), 3);
}

TEST_F(ProduceTest, EndsWhenNobodyReadsWhatItPrints) {
  world_.script = {{.frames = World::frames(3)}};
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(print_records(settings().source, world_.factories(), stop_.get_token(), out_), ExitCode::ok);
}

TEST_F(ProduceTest, ChecksTopicAndStream) {
  EXPECT_EQ(check_producer(settings(), true, world_.factories(), out_), ExitCode::ok);
  EXPECT_EQ(out_.str(), "settings: ok\n");
  EXPECT_EQ(check_producer(settings(), false, world_.factories(), out_), ExitCode::unavailable);
  EXPECT_EQ(world_.broker.partitions("wikipedia.changes"), 0) << "a check makes no topic";
  out_.str("");
  ASSERT_TRUE(world_.broker.ensure({.name = "wikipedia.changes", .partitions = 3}, 1s));
  world_.script = {{.frames = World::frames(1)}};
  EXPECT_EQ(check_producer(settings(), false, world_.factories(), out_), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("topic: ok, wikipedia.changes with 3 partitions\ntopic: "))
      << "the one for dead letters is made at the start";
  EXPECT_THAT(out_.str(), HasSubstr("stream: ok"));
}

TEST_F(ProduceTest, SaysWhyTheStreamIsNotThere) {
  ASSERT_TRUE(world_.broker.ensure({.name = "wikipedia.changes"}, 1s));
  world_.script = {{.end = sse::Cause::bad_status, .status = 403, .detail = "403: set CONTACT"}};
  EXPECT_EQ(check_producer(settings(), false, world_.factories(), out_), ExitCode::unavailable);
  EXPECT_THAT(out_.str(), HasSubstr("stream: 403: set CONTACT"));
}

TEST_F(ProduceTest, MakesTheTopicOrChecksIt) {
  config::TopicEnsureSettings ensure{
      .broker = settings().broker, .topic = settings().topic, .give_up_after = {}, .log = {}};
  EXPECT_EQ(ensure_topic(ensure, world_.factories(), stop_.get_token(), out_), ExitCode::ok);
  EXPECT_EQ(
      out_.str(),
      "wikipedia.changes: created with 3 partitions\nwikipedia.changes.dlq: created with 1 partition\n");
  out_.str("");
  ensure.topic.partitions = 7;
  EXPECT_EQ(ensure_topic(ensure, world_.factories(), stop_.get_token(), out_), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("there, with 3 partitions\nwarning: "));
  ensure.topic.name = "another";
  ensure.topic.create = false;
  EXPECT_EQ(ensure_topic(ensure, world_.factories(), stop_.get_token(), out_), ExitCode::unavailable);
}

}  // namespace
}  // namespace wikiflow::app
