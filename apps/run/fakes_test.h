// The world in memory, for the tests beside each main.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "run/factories.h"
#include "sse/stream_fake.h"
#include "topic/fake/fake.h"

namespace wikiflow::app {

// Hands out a broker that the test goes on to own.
class Lent final : public topic::Broker {
 public:
  explicit Lent(topic::Broker& broker) : broker_(broker) {}
  Result<topic::TopicState> ensure(const topic::TopicSpec& spec, std::chrono::milliseconds limit) override {
    return broker_.ensure(spec, limit);
  }
  Result<std::unique_ptr<topic::Writer>> writer(const std::string& topic) override {
    return broker_.writer(topic);
  }
  Result<std::unique_ptr<topic::Reader>> reader(const std::string& topic,
                                                const topic::ReaderOptions& options) override {
    return broker_.reader(topic, options);
  }
  Result<std::vector<topic::Tail>> tails(const std::string& topic, std::size_t records_per_partition,
                                         std::chrono::milliseconds limit) override {
    return broker_.tails(topic, records_per_partition, limit);
  }

 private:
  topic::Broker& broker_;
};

// What each factory was asked for, and the fakes it gave.
struct World {
  Metrics metrics;
  topic::FakeBroker broker{metrics, system_clock()};
  std::vector<sse::FakeConnection> script;
  sse::FakeStream::Then then = sse::FakeStream::Then::wait_for_stop;
  std::vector<sse::ClientOptions> asked_streams;
  std::vector<topic::kafka::KafkaOptions> asked_brokers;
  std::optional<Error> refused_broker;

  Factories factories() {
    return {.kafka = [this](const topic::kafka::KafkaOptions& options,
                            Metrics&) -> Result<std::unique_ptr<topic::Broker>> {
              asked_brokers.push_back(options);
              if (refused_broker) return tl::make_unexpected(*refused_broker);
              return std::make_unique<Lent>(broker);
            },
            .stream =
                [this](const sse::ClientOptions& options, Metrics&, Clock&) {
                  asked_streams.push_back(options);
                  return std::make_unique<sse::FakeStream>(script, then);
                },
            .clock = system_clock()};
  }

  static sse::FakeFrame frame(int n, const std::string& domain = "d", const std::string& user = "u") {
    const std::string digits = std::to_string(n);
    return {.data = R"({"meta":{"id":"00000000-0000-4000-8000-)" + std::string(12 - digits.size(), '0') +
                    digits + R"(","domain":")" + domain + R"("},"title":"t)" + digits + R"(","user":")" +
                    user + "\"}",
            .id = R"([{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":)" +
                  std::to_string(1'791'207'722'000 + n) + "}]"};
  }
  static std::vector<sse::FakeFrame> frames(int n) {
    std::vector<sse::FakeFrame> all;
    for (int i = 0; i < n; ++i)
      all.push_back(frame(i, "d" + std::to_string(i % 3), "u" + std::to_string(i % 5)));
    return all;
  }
  std::size_t records(const std::string& topic) const {
    std::size_t sum = 0;
    for (int p = 0; p < broker.partitions(topic); ++p) sum += broker.records(topic, Partition{p}).size();
    return sum;
  }
};

}  // namespace wikiflow::app
