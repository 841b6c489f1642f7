// A client for the simulator's tests: a blocking socket, HTTP by hand, no code of ours between it and the
// bytes.
//
// Everything waits at most kPatience, so a test that goes wrong fails instead of hanging.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wikiflow::sim {

struct TestFrame {
  std::string event;
  std::string id;
  std::string data;
};

class TestClient {
 public:
  static constexpr int kPatienceSeconds = 30;

  // `address`: 127.0.0.1:port.
  explicit TestClient(const std::string& address) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const std::size_t colon = address.rfind(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    const timeval patience{kPatienceSeconds, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~TestClient() { ::close(socket_); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool connected() const { return connected_; }
  void send(const std::string& bytes) { (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  // Sends a GET and reads the answer's head. The status, or 0 when none came.
  int get(const std::string& target, const std::string& headers = "User-Agent: test/1.0 (tests)\r\n",
          const std::string& version = "1.1") {
    send("GET " + target + " HTTP/" + version + "\r\nHost: test\r\n" + headers + "\r\n");
    return read_head();
  }

  int read_head() {
    while (raw_.find("\r\n\r\n") == std::string::npos) {
      if (!receive()) return 0;
    }
    const std::size_t end = raw_.find("\r\n\r\n") + 4;
    head_ = raw_.substr(0, end);
    raw_.erase(0, end);
    chunked_ = head_.find("Transfer-Encoding: chunked") != std::string::npos;
    return std::atoi(head_.c_str() + head_.find(' '));
  }
  const std::string& head() const { return head_; }

  // The body up to the end of the connection.
  std::string rest() {
    while (more_body()) {
    }
    return std::exchange(body_, {});
  }

  // The next `size` bytes of the body; fewer when it ends before.
  std::string read(std::size_t size) {
    while (body_.size() < size && more_body()) {
    }
    std::string bytes = body_.substr(0, size);
    body_.erase(0, size);
    return bytes;
  }

  // nullopt at the end of the connection; what is left of a frame then is in rest().
  std::optional<TestFrame> frame() {
    for (;;) {
      const std::size_t end = body_.find("\n\n", from_);
      if (end == std::string::npos) {
        if (!more_body()) return std::nullopt;
        continue;
      }
      const std::string text = body_.substr(from_, end - from_);
      from_ = end + 2;
      if (from_ > (std::size_t{1} << 20U)) {
        body_.erase(0, from_);
        from_ = 0;
      }
      if (text.front() != ':') return parse(text);
    }
  }

  std::vector<TestFrame> frames(std::size_t count) {
    std::vector<TestFrame> all;
    while (all.size() < count) {
      auto next = frame();
      if (!next) break;
      all.push_back(*std::move(next));
    }
    return all;
  }

  // How the connection ended: with the last chunk, by a close without it, by a reset, or not yet.
  bool ended_in_good_order() const { return last_chunk_; }
  bool was_reset() const { return reset_; }

 private:
  static TestFrame parse(const std::string& text) {
    TestFrame frame;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string line = text.substr(at, end - at);
      if (line.rfind("event: ", 0) == 0) frame.event = line.substr(7);
      if (line.rfind("id: ", 0) == 0) frame.id = line.substr(4);
      if (line.rfind("data: ", 0) == 0) frame.data = line.substr(6);
      at = end + 1;
    }
    return frame;
  }

  bool receive() {
    char bytes[65536];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got < 0 && errno == ECONNRESET) reset_ = true;
    if (got <= 0) return false;
    raw_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  // Moves what is there of the body from raw_ to body_; waits for more when there is nothing.
  bool more_body() {
    if (!chunked_) {
      if (raw_.empty() && !receive()) return false;
      body_ += std::exchange(raw_, {});
      return true;
    }
    for (;;) {
      const std::size_t line = raw_.find("\r\n");
      const std::size_t size = line == std::string::npos ? 0 : std::strtoul(raw_.c_str(), nullptr, 16);
      if (line != std::string::npos && size == 0) {
        last_chunk_ = true;
        return false;
      }
      if (line != std::string::npos && raw_.size() >= line + 2 + size + 2) {
        body_.append(raw_, line + 2, size);
        raw_.erase(0, line + 2 + size + 2);
        return true;
      }
      if (!receive()) return false;
    }
  }

  int socket_;
  bool connected_ = false;
  bool chunked_ = false;
  bool last_chunk_ = false;
  bool reset_ = false;
  std::string head_;
  std::string raw_;
  std::string body_;
  std::size_t from_ = 0;  // of body_: before it is read
};

}  // namespace wikiflow::sim
