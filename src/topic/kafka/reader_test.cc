#include "topic/kafka/reader.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

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

}  // namespace
}  // namespace wikiflow::topic::kafka
