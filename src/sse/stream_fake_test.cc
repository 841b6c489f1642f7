#include "sse/stream_fake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "sse/client_sink_fake.h"

namespace wikiflow::sse {
namespace {

using testing::ElementsAre;

TEST(FakeStream, PlaysItsConnectionsAndThenSaysNoContent) {
  FakeStream stream({{.frames = {{.data = "a", .id = "1"}, {.data = "b"}}},
                     {.frames = {{.data = "c"}}, .end = Cause::cut}});
  RecordingSink sink;
  EXPECT_EQ(stream.run(sink, {}), Ended::no_content);
  EXPECT_THAT(sink.frames, ElementsAre(OwnedFrame{"message", "a", "1"}, OwnedFrame{"message", "b", "1"},
                                       OwnedFrame{"message", "c", "1"}));
  EXPECT_THAT(sink.causes(), ElementsAre(Cause::closed, Cause::cut, Cause::no_content));
  EXPECT_TRUE(sink.disconnects[1].healthy);
  EXPECT_EQ(sink.disconnects[2].wait, std::nullopt);
}

TEST(FakeStream, RecordsTheLastEventIdsItWasGiven) {
  FakeStream stream(std::vector<FakeConnection>(2));
  RecordingSink sink;
  sink.after_disconnect = [&] { sink.id += "x"; };
  stream.run(sink, {});
  EXPECT_THAT(stream.last_event_ids(), ElementsAre("", "x", "xx"));
}

TEST(FakeStream, SendsNoFramesOnAConnectionThatIsNoStream) {
  FakeStream stream({{.frames = {{.data = "a"}}, .end = Cause::bad_status, .status = 403, .detail = "who?"}});
  RecordingSink sink;
  stream.run(sink, {});
  EXPECT_TRUE(sink.frames.empty());
  EXPECT_EQ(sink.opened, 0);
  EXPECT_EQ(sink.disconnects[0].status, 403);
  EXPECT_EQ(sink.disconnects[0].detail, "who?");
}

TEST(FakeStream, EndsAtNoContentInTheMidstOfTheScript) {
  FakeStream stream({{.end = Cause::no_content}, {.frames = {{.data = "a"}}}});
  RecordingSink sink;
  EXPECT_EQ(stream.run(sink, {}), Ended::no_content);
  EXPECT_TRUE(sink.frames.empty());
}

TEST(FakeStream, ReportsAnOversizedEvent) {
  FakeStream stream({{.frames = {{.data = "head", .oversized = 5'000'000}, {.data = "a"}}}});
  RecordingSink sink;
  stream.run(sink, {});
  EXPECT_THAT(sink.oversized, ElementsAre(5'000'000U));
  EXPECT_THAT(sink.heads, ElementsAre("head"));
  EXPECT_THAT(sink.data(), ElementsAre("a"));
}

TEST(FakeStream, RepeatsUntilTheSinkHasEnough) {
  FakeStream stream({{.frames = {{.data = "a"}}}}, FakeStream::Then::repeat);
  RecordingSink sink;
  sink.then = [&] { return sink.frames.size() < 5; };
  EXPECT_EQ(stream.run(sink, {}), Ended::by_sink);
  EXPECT_EQ(sink.frames.size(), 5U);
}

TEST(FakeStream, StaysOpenUntilAskedToStop) {
  FakeStream stream({{.frames = {{.data = "a"}}}}, FakeStream::Then::wait_for_stop);
  RecordingSink sink;
  std::stop_source stop;
  const std::jthread stopper([&] {
    while (stream.last_event_ids().size() < 2) std::this_thread::yield();
    stop.request_stop();
  });
  EXPECT_EQ(stream.run(sink, stop.get_token()), Ended::stopped);
  EXPECT_THAT(sink.data(), ElementsAre("a"));
}

}  // namespace
}  // namespace wikiflow::sse
