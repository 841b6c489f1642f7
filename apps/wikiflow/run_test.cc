#include "wikiflow/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <sstream>
#include <thread>

#include "base/eventually.h"
#include "run/fakes_test.h"
#include "sim/options.h"
#include "sim/sample.h"
#include "sim/simulator.h"
#include "wikiflow/simulate.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

// A stream that can be written and read at the same time.
class SharedText final : public std::streambuf {
 public:
  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  int overflow(int c) override {
    const std::lock_guard lock(mutex_);
    text_.push_back(static_cast<char>(c));
    return c;
  }
  std::streamsize xsputn(const char* data, std::streamsize n) override {
    const std::lock_guard lock(mutex_);
    text_.append(data, static_cast<std::size_t>(n));
    return n;
  }
  std::mutex mutex_;
  std::string text_;
};

class RunTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string dir = (std::filesystem::temp_directory_path() / "wikiflow-run-XXXXXX").string();
    ASSERT_NE(mkdtemp(dir.data()), nullptr);
    dir_ = dir;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  config::WikiflowSettings settings() const {
    config::WikiflowSettings settings;
    settings.topic.name = "wikipedia.changes";
    settings.topic.dead_letters = "wikipedia.changes.dlq";
    settings.topic.partitions = 3;
    settings.source.url = "https://stream.wikimedia.org/v2/stream/recentchange";
    settings.storage = "rocksdb";
    settings.state_dir = (dir_ / "state").string();
    settings.http_addr = "127.0.0.1:0";
    return settings;
  }
  // The live stream is the world's script; the simulator's is reached over real HTTP.
  Factories factories() {
    Factories factories = world_.factories();
    factories.stream = [fake = factories.stream](const sse::ClientOptions& options, Metrics& metrics,
                                                 Clock& clock) -> std::unique_ptr<sse::Stream> {
      if (options.url.starts_with("https://stream.wikimedia.org")) return fake(options, metrics, clock);
      return std::make_unique<sse::Client>(options, metrics, clock);
    };
    return factories;
  }
  void start(const RunOptions& options = {}) {
    thread_ = std::thread(
        [this, options] { code_ = run_all(settings(), options, factories(), stop_.get_token(), out_); });
  }
  ExitCode stop() {
    stop_.request_stop();
    thread_.join();
    return code_;
  }
  bool said(const std::string& text) {
    return eventually([&] { return text_.text().find(text) != std::string::npos; });
  }

  World world_;
  std::filesystem::path dir_;
  std::stop_source stop_;
  SharedText text_;
  std::ostream out_{&text_};
  std::thread thread_;
  ExitCode code_{};
};

TEST_F(RunTest, ShowsLiveNumbersWhereTheStreamAnswers) {
  world_.script = {{.frames = World::frames(50)}};
  start();
  EXPECT_TRUE(said("live numbers at http://127.0.0.1:"));
  EXPECT_EQ(stop(), ExitCode::ok);
  EXPECT_THAT(text_.text(), Not(HasSubstr("CANNOT BE REACHED")));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "state"));
}

TEST_F(RunTest, SaysPlainlyThatItShowsTheSampleAndKeepsItApart) {
  world_.script = {{.end = sse::Cause::unreachable, .detail = "could not resolve host"}};
  start({.sample_rate = 500});
  EXPECT_TRUE(said("sample numbers at http://127.0.0.1:"));
  EXPECT_EQ(stop(), ExitCode::ok);
  EXPECT_THAT(text_.text(), HasSubstr("THE LIVE STREAM CANNOT BE REACHED"));
  EXPECT_THAT(text_.text(), HasSubstr("could not resolve host"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "state-sample"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "state"));
}

TEST_F(RunTest, RefusesAStateDirectoryThatAnotherRunHolds) {
  world_.script = {{.frames = World::frames(1)}};
  start();
  ASSERT_TRUE(said("live numbers at"));
  std::ostringstream second;
  EXPECT_EQ(run_all(settings(), {}, factories(), stop_.get_token(), second), ExitCode::unavailable);
  EXPECT_EQ(stop(), ExitCode::ok);
}

TEST(Simulate, ServesUntilItIsStoppedAndSaysWhereAndHowMuch) {
  std::stop_source stop;
  SharedText text;
  std::ostream out(&text);
  ExitCode code{};
  const std::vector<std::string> arguments{"--listen", "127.0.0.1:0", "--count", "10"};
  std::thread run([&] { code = simulate(arguments, stop.get_token(), out, out); });
  EXPECT_TRUE(eventually([&] { return text.text().find("its log begins at") != std::string::npos; }));
  stop.request_stop();
  run.join();
  EXPECT_EQ(code, ExitCode::ok);
  EXPECT_THAT(text.text(), HasSubstr("/v2/stream/recentchange"));
  EXPECT_THAT(text.text(), HasSubstr("served 0 events in 0 frames"));
}

TEST(Simulate, RefusesFlagsItDoesNotKnow) {
  std::ostringstream out;
  EXPECT_EQ(simulate(std::vector<std::string>{"--rat", "5"}, {}, out, out), ExitCode::usage);
  EXPECT_THAT(out.str(), HasSubstr("--rat"));
  EXPECT_EQ(simulate(std::vector<std::string>{"--help"}, {}, out, out), ExitCode::ok);
  EXPECT_EQ(simulate(std::vector<std::string>{"--listen", "nonsense"}, {}, out, out), ExitCode::bad_config);
}

}  // namespace
}  // namespace wikiflow::app
