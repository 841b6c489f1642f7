#include "run/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <sstream>

#include "run/serving.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;
using testing::HasSubstr;
using namespace std::chrono_literals;

class HealthCommandTest : public testing::Test {
 protected:
  void start(std::vector<Dependency> dependencies = {}) {
    auto serving = Serving::start("127.0.0.1:0", "consumer", dependencies, {}, metrics_);
    ASSERT_TRUE(serving) << serving.error().what;
    serving_ = *std::move(serving);
  }
  std::string port() const {
    const auto url = serving_->url();
    return url.substr(url.rfind(':'));
  }
  ExitCode ask(const std::string& address, std::chrono::milliseconds patience = 20s) {
    out_.str("");
    return health(address, out_, patience);
  }

  Metrics metrics_;
  std::unique_ptr<Serving> serving_;
  std::ostringstream out_;
};

TEST_F(HealthCommandTest, IsWellWhereTheProgramAnswers) {
  start();
  EXPECT_EQ(ask("127.0.0.1" + port()), ExitCode::ok);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(HealthCommandTest, AsksOnLoopbackWhereTheProgramListensOnAllInterfaces) {
  start();
  EXPECT_EQ(ask(port()), ExitCode::ok);
  EXPECT_EQ(ask("0.0.0.0" + port()), ExitCode::ok);
}

TEST_F(HealthCommandTest, IsWellWhileADependencyIsAway) {
  start({{"broker", [] { return std::string(R"(says "stopping":true)"); }}});
  EXPECT_EQ(ask(port()), ExitCode::ok);
}

TEST_F(HealthCommandTest, IsUnwellOnceAskedToStop) {
  start();
  serving_->stopping();
  EXPECT_EQ(ask(port()), ExitCode::unwell);
  EXPECT_EQ(out_.str(), "unwell: it was asked to stop\n");
}

TEST_F(HealthCommandTest, SaysWhyNobodyAnswers) {
  start();
  const auto address = port();
  serving_->stop();
  serving_.reset();
  EXPECT_EQ(ask(address), ExitCode::unwell);
  EXPECT_THAT(out_.str(), HasSubstr("unwell: http://127.0.0.1" + address + "/readyz: "));
  EXPECT_EQ(ask(":0"), ExitCode::unwell);
  EXPECT_THAT(out_.str(), HasSubstr("port 0"));
  EXPECT_EQ(ask("nonsense"), ExitCode::unwell);
  EXPECT_THAT(out_.str(), HasSubstr("HTTP_ADDR: "));
}

TEST_F(HealthCommandTest, IsUnwellWhereSomethingElseAnswers) {
  auto other = serve::Server::start(
      {.address = "127.0.0.1:0"},
      {{.path = "/readyz", .get = [](const serve::Request&) { return serve::json("{}"); }}}, metrics_);
  ASSERT_TRUE(other);
  EXPECT_EQ(ask((*other)->address()), ExitCode::unwell);
  EXPECT_THAT(out_.str(), HasSubstr("no wikiflow program"));
  auto nothing = serve::Server::start({.address = "127.0.0.1:0"}, {}, metrics_);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(ask((*nothing)->address()), ExitCode::unwell);
  EXPECT_THAT(out_.str(), HasSubstr("status 404"));
}

TEST_F(HealthCommandTest, DoesNotWaitForEverForAnAnswer) {
  std::latch let_go(1);
  auto hung = serve::Server::start({.address = "127.0.0.1:0"},
                                   {{.path = "/readyz",
                                     .get =
                                         [&](const serve::Request&) {
                                           let_go.wait();
                                           return serve::json("{}");
                                         }}},
                                   metrics_);
  ASSERT_TRUE(hung);
  EXPECT_EQ(ask((*hung)->address(), 50ms), ExitCode::unwell);
  let_go.count_down();
}

}  // namespace
}  // namespace wikiflow::app
