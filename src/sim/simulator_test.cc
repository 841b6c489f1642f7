#include "sim/simulator.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "sim/sample.h"
#include "sim/test_client.h"

namespace wikiflow::sim {
namespace {

constexpr const char* kPath = "/v2/stream/recentchange";
constexpr const char* kAll = "/v2/stream/recentchange?since=0";

SimOptions all_at_once(std::uint64_t count) {
  SimOptions options;
  options.listen = "127.0.0.1:0";
  options.rate = 0;
  options.count = count;
  options.users = 100;
  options.faults.canary = 0;
  return options;
}

class SimulatorTest : public testing::Test {
 protected:
  void start(const SimOptions& options) {
    simulator_.reset();
    auto started = Simulator::start(options, metrics_);
    ASSERT_TRUE(started) << started.error().what;
    simulator_ = std::move(*started);
  }

  std::unique_ptr<TestClient> connect() { return std::make_unique<TestClient>(simulator_->address()); }

  // Waits for what another thread does; a generous limit only for when it never does.
  static bool eventually(const std::function<bool()>& happened) {
    for (int i = 0; i < 30'000; ++i) {
      if (happened()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return false;
  }

  static std::string id_of(const TestFrame& frame) {
    simdjson::dom::parser parser;
    return std::string(parser.parse(frame.data)["meta"]["id"].get_string().value());
  }

  Metrics metrics_;
  std::unique_ptr<Simulator> simulator_;
};

TEST_F(SimulatorTest, AnswersWithAChunkedEventStreamThatBeginsWithOk) {
  start(all_at_once(3));
  const auto client = connect();
  EXPECT_EQ(client->get(kAll), 200);
  EXPECT_NE(client->head().find("HTTP/1.1 200 OK\r\n"), std::string::npos);
  EXPECT_NE(client->head().find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_NE(client->head().find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_EQ(client->head().find("Content-Encoding"), std::string::npos);
  EXPECT_EQ(client->read(5), ":ok\n\n");
  const auto frames = client->frames(3);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0].event, "message");
  EXPECT_EQ(frames[0].id.substr(0, 11), "[{\"topic\":\"");
}

TEST_F(SimulatorTest, ServesEveryEventAndSaysWhenItIsDone) {
  start(all_at_once(5000));
  EXPECT_FALSE(simulator_->wait_until_done(std::chrono::milliseconds{0}));
  const auto client = connect();
  client->get(kAll);
  std::set<std::string> ids;
  for (const TestFrame& frame : client->frames(5000)) ids.insert(id_of(frame));
  EXPECT_EQ(ids.size(), 5000U);
  EXPECT_TRUE(simulator_->wait_until_done(std::chrono::seconds{30}));
  const Counters counters = simulator_->counters();
  EXPECT_EQ(counters.events, 5000U);
  EXPECT_EQ(counters.frames, 5000U);
  EXPECT_EQ(counters.streams, 1U);
  EXPECT_TRUE(counters.done);
}

TEST_F(SimulatorTest, AnOldClientGetsABodyWithoutChunks) {
  start(all_at_once(2));
  const auto client = connect();
  EXPECT_EQ(client->get(kAll, "User-Agent: test/1.0\r\n", "1.0"), 200);
  EXPECT_EQ(client->head().find("chunked"), std::string::npos);
  EXPECT_EQ(client->frames(2).size(), 2U);
}

TEST_F(SimulatorTest, RefusesWhatTheServiceRefuses) {
  start(all_at_once(3));
  EXPECT_EQ(connect()->get(kAll, ""), 403);
  EXPECT_EQ(connect()->get(kAll, "User-Agent: curl/8.0\r\n"), 403);
  EXPECT_EQ(connect()->get("/v2/stream/other"), 404);
  EXPECT_EQ(connect()->get("/v2/stream/recentchange?since=soon"), 400);
  EXPECT_EQ(connect()->get(kPath, "User-Agent: t/1\r\nLast-Event-ID: nonsense\r\n"), 400);
  EXPECT_EQ(
      connect()->get(
          kPath, "User-Agent: t/1\r\nLast-Event-ID: [{\"topic\":\"x\",\"partition\":0,\"offset\":1}]\r\n"),
      404);
  const auto post = connect();
  post->send("POST /v2/stream/recentchange HTTP/1.1\r\nHost: t\r\nUser-Agent: t/1\r\n\r\n");
  EXPECT_EQ(post->read_head(), 405);
  EXPECT_NE(post->head().find("Allow: GET"), std::string::npos);
  const auto garbage = connect();
  garbage->send("nonsense\r\n\r\n");
  EXPECT_EQ(garbage->read_head(), 400);
  const auto long_head = connect();
  long_head->send("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(long_head->read_head(), 431);
  EXPECT_EQ(simulator_->counters().refused, 9U);
  EXPECT_EQ(simulator_->counters().streams, 0U);
}

TEST_F(SimulatorTest, AThirdConnectionFromAnAddressIsTooMany) {
  start(all_at_once(10));
  auto first = connect();
  const auto second = connect();
  EXPECT_EQ(first->get(kAll), 200);
  EXPECT_EQ(second->get(kAll), 200);
  EXPECT_EQ(connect()->get(kAll), 429);
  first.reset();  // its place is free as soon as it is gone
  EXPECT_TRUE(eventually([&] { return simulator_->counters().open == 1; }));
  EXPECT_EQ(connect()->get(kAll), 200);
}

TEST_F(SimulatorTest, AnswersAShareOfRequestsWithAnotherStatus) {
  SimOptions options = all_at_once(3);
  options.faults.status = {{503, 0.5}, {502, 0.5}};
  options.faults.retry_after = std::chrono::seconds{7};
  start(options);
  std::set<int> seen;
  for (int i = 0; i < 40; ++i) {
    const auto client = connect();
    const int status = client->get(kAll);
    seen.insert(status);
    EXPECT_EQ(client->head().find("Retry-After: 7") != std::string::npos, status == 503);
  }
  EXPECT_EQ(seen, (std::set<int>{502, 503}));
}

TEST_F(SimulatorTest, ResumesBehindTheLastEventIdAndSkipsItsMillisecond) {
  start(all_at_once(400));
  const auto frames_from = [&](const std::string& target, const std::string& id, std::size_t count) {
    const auto client = connect();
    client->get(target, "User-Agent: t/1\r\n" + (id.empty() ? "" : "Last-Event-ID: " + id + "\r\n"));
    return client->frames(count);
  };
  const auto all = frames_from(kAll, "", 400);
  ASSERT_EQ(all.size(), 400U);
  // In the middle of the log both topics have sent, and an id says all there is to know.
  std::size_t plain = 200;
  std::size_t twin = 200;
  while (all[plain].id == all[plain + 1].id) ++plain;
  while (all[twin].id != all[twin + 1].id) ++twin;
  EXPECT_EQ(frames_from(kPath, all[plain].id, 1).at(0).data, all[plain + 1].data);
  EXPECT_EQ(frames_from(kAll, all[twin].id, 1).at(0).data, all[twin + 2].data);
}

TEST_F(SimulatorTest, ServesTheSameLogAfterARestart) {
  SimOptions options = all_at_once(50);
  options.start_time = from_unix_ms(1'791'207'722'000);
  start(options);
  EXPECT_EQ(simulator_->log_start(), options.start_time);
  auto client = connect();
  client->get(kAll);
  const auto before = client->frames(50);
  client.reset();
  start(options);
  client = connect();
  client->get(kAll);
  const auto after = client->frames(50);
  ASSERT_EQ(after.size(), 50U);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(after[i].id, before[i].id);
    EXPECT_EQ(after[i].data, before[i].data);
  }
}

TEST_F(SimulatorTest, AClientThatAsksForNewEventsOnlyDrivesAnUnpacedLog) {
  start(all_at_once(100));
  auto client = connect();
  client->get(kPath);
  EXPECT_EQ(client->frames(100).size(), 100U);
  client.reset();
  // All of it was served: nothing is new to the next one, but it can have the past.
  const auto next = connect();
  EXPECT_EQ(next->get(kPath), 200);
  EXPECT_EQ(next->read(5), ":ok\n\n");
  const auto past = connect();
  past->get(kAll);
  EXPECT_EQ(past->frames(100).size(), 100U);
}

TEST_F(SimulatorTest, ALiveLogGrowsWithoutEnd) {
  SimOptions options = all_at_once(0);
  options.rate = 2000;
  start(options);
  const auto client = connect();
  client->get(kPath);
  std::set<std::string> ids;
  for (const TestFrame& frame : client->frames(300)) ids.insert(id_of(frame));
  EXPECT_EQ(ids.size(), 300U);
}

TEST_F(SimulatorTest, CutsWithoutALastChunkAndResetsWithAReset) {
  SimOptions options = all_at_once(2000);
  options.faults.cut_after_events = 100;
  start(options);
  auto client = connect();
  client->get(kAll);
  const std::size_t got = client->frames(2000).size();
  EXPECT_GE(got, 50U);
  EXPECT_LE(got, 150U);
  EXPECT_FALSE(client->ended_in_good_order());
  options.faults = Faults{.reset_after = 100, .canary = 0};
  start(options);
  client = connect();
  client->get(kAll);
  EXPECT_LE(client->frames(2000).size(), 150U);
  EXPECT_TRUE(client->was_reset());
  EXPECT_EQ(simulator_->counters().cuts, 1U);
}

TEST_F(SimulatorTest, EndsAConnectionInGoodOrderWhenItsTimeIsOver) {
  SimOptions options = all_at_once(10);
  options.lifetime = std::chrono::milliseconds{50};
  start(options);
  const auto client = connect();
  client->get(kAll);
  client->frames(1000);
  EXPECT_TRUE(client->ended_in_good_order());
}

TEST_F(SimulatorTest, EndsInGoodOrderAfterAnErrorFrame) {
  SimOptions options = all_at_once(100);
  options.faults.error_frames = 1;
  start(options);
  const auto client = connect();
  client->get(kAll);
  const auto frames = client->frames(100);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].event, "error");
  EXPECT_EQ(frames[0].id, "");
  EXPECT_TRUE(client->ended_in_good_order());
}

TEST_F(SimulatorTest, GoesOnAfterAStall) {
  SimOptions options = all_at_once(300);
  options.faults.stall_after = 50;
  options.faults.stall = std::chrono::milliseconds{2};
  start(options);
  const auto client = connect();
  client->get(kAll);
  EXPECT_EQ(client->frames(300).size(), 300U);
}

TEST_F(SimulatorTest, SplitWritesCarryTheSameBytes) {
  SimOptions options = all_at_once(200);
  options.start_time = from_unix_ms(1'791'207'722'000);
  start(options);
  auto client = connect();
  client->get(kAll);
  const auto whole = client->frames(200);
  options.faults.split_writes = true;
  start(options);
  client = connect();
  client->get(kAll);
  const auto split = client->frames(200);
  ASSERT_EQ(split.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_EQ(split[i].data, whole[i].data);
}

TEST_F(SimulatorTest, ASlowReaderHoldsItBack) {
  start(all_at_once(1'000'000));
  const auto client = connect();
  client->get(kAll);
  // It stops when the buffers of both sides are full, far before the end.
  std::uint64_t last = 0;
  EXPECT_TRUE(eventually([&] {
    const std::uint64_t now = simulator_->counters().frames;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    return now > 0 && simulator_->counters().frames == now && std::exchange(last, now) == now;
  }));
  EXPECT_LT(simulator_->counters().frames, 100'000U);
}

TEST_F(SimulatorTest, LoopsOverTheSampleWithNewIds) {
  SimOptions options = all_at_once(5000);
  options.events_text = bundled_sample();
  options.loop = true;
  start(options);
  const auto client = connect();
  client->get(kAll);
  std::set<std::string> ids;
  for (const TestFrame& frame : client->frames(5000)) ids.insert(id_of(frame));
  EXPECT_EQ(ids.size(), 5000U);
}

TEST_F(SimulatorTest, WithoutLoopAFileIsServedOnce) {
  SimOptions options = all_at_once(0);
  options.events_text = bundled_sample();
  start(options);
  const auto client = connect();
  client->get(kAll);
  EXPECT_EQ(client->frames(1996).size(), 1996U);
  EXPECT_TRUE(simulator_->wait_until_done(std::chrono::seconds{30}));
}

TEST_F(SimulatorTest, APoolLoopsOverGeneratedEvents) {
  SimOptions options = all_at_once(1000);
  options.pool = 100;
  start(options);
  const auto client = connect();
  client->get(kAll);
  std::map<std::string, int> by_title;
  std::set<std::string> ids;
  simdjson::dom::parser parser;
  for (const TestFrame& frame : client->frames(1000)) {
    ids.insert(id_of(frame));
    ++by_title[std::string(parser.parse(frame.data)["title"].get_string().value())];
  }
  EXPECT_EQ(ids.size(), 1000U);
  EXPECT_LE(by_title.size(), 100U);
}

TEST_F(SimulatorTest, RecordsWhatAClientGets) {
  const auto path = std::filesystem::temp_directory_path() / "wikiflow-sim-simulator-test.ndjson";
  SimOptions options = all_at_once(500);
  options.record_file = path.string();
  options.faults.duplicate = 0.1;
  options.faults.malformed = 0.1;
  options.faults.canary = 0.1;
  start(options);
  const auto client = connect();
  client->get(kAll);
  EXPECT_TRUE(simulator_->wait_until_done(std::chrono::seconds{30}));
  const auto frames = client->frames(simulator_->counters().frames);
  simulator_->stop();
  std::ifstream file(path);
  std::string line;
  simdjson::dom::parser parser;
  std::size_t i = 0;
  for (; std::getline(file, line) && i < frames.size(); ++i) {
    const simdjson::dom::element record = parser.parse(line);
    const std::string_view kind = record["kind"].get_string().value();
    if (kind == "malformed") continue;
    EXPECT_NE(line.find("\"data\":" + frames[i].data + "}"), std::string::npos);
    EXPECT_NE(line.find("\"id\":" + frames[i].id), std::string::npos);
  }
  EXPECT_EQ(i, frames.size());
  EXPECT_GT(i, 550U);
  std::filesystem::remove(path);
}

TEST_F(SimulatorTest, TellsItsCountersOverHttp) {
  start(all_at_once(20));
  const auto client = connect();
  client->get(kAll);
  client->frames(20);
  ASSERT_TRUE(simulator_->wait_until_done(std::chrono::seconds{30}));
  const auto status = connect();
  EXPECT_EQ(status->get("/sim/status", ""), 200);
  EXPECT_EQ(
      status->rest(),
      R"({"events":20,"frames":20,"canaries":0,"malformed":0,"oversized":0,"errors":0,"streams":1,"open":1,)"
      R"("refused":0,"cuts":0,"done":true})"
      "\n");
}

TEST_F(SimulatorTest, ShowsItsMetrics) {
  start(all_at_once(20));
  const auto client = connect();
  client->get(kAll);
  client->frames(20);
  EXPECT_NE(metrics_.exposition().find(R"(wikiflow_sim_frames_total{kind="event"} 20)"), std::string::npos);
  EXPECT_NE(metrics_.exposition().find("wikiflow_sim_connections 1"), std::string::npos);
}

TEST_F(SimulatorTest, StopClosesEverythingAndEndsAllWaiting) {
  start(all_at_once(0));
  const auto client = connect();
  client->get(kAll);
  client->frames(10);
  bool done = true;
  std::thread waiting([&] { done = simulator_->wait_until_done(std::chrono::hours{1}); });
  simulator_->stop();
  simulator_->stop();
  waiting.join();
  EXPECT_FALSE(done);
  client->frames(10'000'000);  // comes back: the connection is closed
  EXPECT_FALSE(TestClient(simulator_->address()).connected());
}

TEST_F(SimulatorTest, APortInUseIsAClearError) {
  start(all_at_once(1));
  SimOptions second = all_at_once(1);
  second.listen = simulator_->address();
  const auto refused = Simulator::start(second, metrics_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::fatal);
  EXPECT_NE(refused.error().what.find(second.listen), std::string::npos);
}

TEST_F(SimulatorTest, RefusesOptionsThatCannotBe) {
  const auto refused = [&](const std::function<void(SimOptions&)>& change) {
    SimOptions options = all_at_once(1);
    change(options);
    const auto started = Simulator::start(options, metrics_);
    return !started && started.error().kind == ErrorKind::bad_input;
  };
  EXPECT_TRUE(refused([](SimOptions& o) { o.listen = "nowhere"; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.listen = "127.0.0.1:99999"; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.listen = "example.org:1"; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.events_file = "/no/such/file"; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.events_text = "nonsense"; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.record_file = "/no/such/folder/file"; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.users = 0; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.pool = 1'000'000'000; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.rate = -1; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.faults.malformed = 2; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.faults.reorder = 1000; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.faults.oversized_bytes = std::size_t{1} << 30U; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.faults.status = {{503, 0.7}, {502, 0.7}}; }));
  EXPECT_TRUE(refused([](SimOptions& o) { o.faults.status = {{5000, 0.1}}; }));
}

}  // namespace
}  // namespace wikiflow::sim
