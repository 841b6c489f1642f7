#include "topic/kafka/reader.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <librdkafka/rdkafka_mock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "base/eventually.h"

namespace wikiflow::topic::kafka {
namespace {

// Something at a broker's address that answers, but not as a broker does.
class Stranger {
 public:
  explicit Stranger(std::string answer)
      : answer_(std::move(answer)), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&any), size), 0);
    EXPECT_EQ(::listen(socket_, 16), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&any), &size), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(any.sin_port));
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) answer_one();
    });
  }
  ~Stranger() {
    thread_ = {};
    ::close(socket_);
  }

  const std::string& address() const { return address_; }
  int answers() const { return answers_.load(); }

 private:
  void answer_one() {
    pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 20) != 1) return;
    const int client = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    std::string asked(4096, '\0');
    if (::recv(client, asked.data(), asked.size(), 0) > 0 &&
        ::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL) > 0) {
      while (::recv(client, asked.data(), asked.size(), 0) > 0) {
      }
      answers_.fetch_add(1);
    }
    ::close(client);
  }

  const std::string answer_;
  const int socket_;
  std::string address_;
  std::atomic<int> answers_{0};
  std::jthread thread_;
};

TEST(KafkaReader, WaitsForItsBrokerWhenSomethingElseAnswersThere) {
  Stranger stranger("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  KafkaOptions options;
  options.bootstrap = stranger.address();
  Metrics metrics;
  ReaderOptions reader_options;
  const auto reader = KafkaReader::make("any", 1, options, reader_options, metrics);
  ASSERT_TRUE(reader) << reader.error().what;
  // What came of an answer is known by the time the next one is asked for; and in the end it is told.
  while (stranger.answers() < 3 || !(*reader)->trouble()) {
    const auto batch = (*reader)->next(std::chrono::milliseconds{10}, {});
    ASSERT_TRUE(batch) << batch.error().what;
    EXPECT_FALSE(batch->has_value());
  }
  const auto batch = (*reader)->next(std::chrono::milliseconds{10}, {});
  EXPECT_TRUE(batch) << batch.error().what;
}

// Request types of the Kafka protocol.
constexpr std::int16_t kFetchRequest = 1;
constexpr std::int16_t kFindCoordinator = 10;

// librdkafka's own brokers, in this process.
class MockCluster {
 public:
  explicit MockCluster(int brokers)
      : client_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)),
        cluster_(rd_kafka_mock_cluster_new(client_.get(), brokers)) {
    rd_kafka_mock_start_request_tracking(cluster_.get());
    // Asked in a newer version for a partition without a leader, they crash (librdkafka 2.15.1).
    rd_kafka_mock_set_apiversion(cluster_.get(), kFetchRequest, 0, 11);
  }

  rd_kafka_mock_cluster_t* operator*() const { return cluster_.get(); }
  KafkaOptions options() const {
    KafkaOptions options;
    options.bootstrap = rd_kafka_mock_cluster_bootstraps(cluster_.get());
    options.statistics_interval = std::chrono::milliseconds{100};
    options.properties["topic.metadata.refresh.interval.ms"] = "100";
    return options;
  }
  // How often a broker was asked for this.
  std::size_t asked(std::int16_t api, std::int32_t broker) const {
    std::size_t count = 0;
    auto** const requests = rd_kafka_mock_get_requests(cluster_.get(), &count);
    const auto found = std::count_if(requests, requests + count, [&](auto* request) {
      return rd_kafka_mock_request_api_key(request) == api && rd_kafka_mock_request_id(request) == broker;
    });
    rd_kafka_mock_request_destroy_array(requests, count);
    return static_cast<std::size_t>(found);
  }

 private:
  Handle<rd_kafka_t, rd_kafka_destroy> client_;
  Handle<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> cluster_;
};

TEST(KafkaReader, ClaimsNothingOfAPartitionWithoutALeader) {
  const MockCluster cluster(2);
  rd_kafka_mock_topic_create(*cluster, "t", 2, 1);
  rd_kafka_mock_partition_set_leader(*cluster, "t", 0, 1);
  rd_kafka_mock_partition_set_leader(*cluster, "t", 1, 2);
  Metrics metrics;
  const auto reader = KafkaReader::make("t", 2, cluster.options(), {.group = "g"}, metrics);
  ASSERT_TRUE(reader) << reader.error().what;
  const auto silent = [&] { return steady_now() - (*reader)->last_contact(); };
  // Both have answered by the time they are asked again.
  ASSERT_TRUE(eventually(
      [&] { return cluster.asked(kFetchRequest, 1) >= 2 && cluster.asked(kFetchRequest, 2) >= 2; }));
  ASSERT_TRUE(eventually([&] { return silent() < std::chrono::seconds{1}; }));
  rd_kafka_mock_partition_set_leader(*cluster, "t", 1, -1);
  EXPECT_TRUE(eventually([&] { return silent() > std::chrono::seconds{3}; }));
  rd_kafka_mock_partition_set_leader(*cluster, "t", 1, 1);
  EXPECT_TRUE(eventually([&] { return silent() < std::chrono::seconds{1}; }));
}

TEST(KafkaReader, ReadsOnWithoutARightToItsGroup) {
  const MockCluster cluster(1);
  rd_kafka_mock_topic_create(*cluster, "t", 1, 1);
  const std::vector refused(100, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
  rd_kafka_mock_push_request_errors_array(*cluster, kFindCoordinator, refused.size(), refused.data());
  Metrics metrics;
  const auto reader = KafkaReader::make("t", 1, cluster.options(), {.group = "g"}, metrics);
  ASSERT_TRUE(reader) << reader.error().what;
  // What came of the first answer is known by the time the second is asked for.
  ASSERT_TRUE(eventually([&] { return cluster.asked(kFindCoordinator, 1) >= 3; }));
  const auto batch = (*reader)->next(std::chrono::milliseconds{10}, {});
  EXPECT_TRUE(batch) << batch.error().what;
  EXPECT_FALSE((*reader)->trouble());
}

}  // namespace
}  // namespace wikiflow::topic::kafka
