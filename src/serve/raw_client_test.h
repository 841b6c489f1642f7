// For tests: a client that sends exactly the bytes it is told to, over a real socket.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace wikiflow::serve {

inline constexpr const char* kGetHello = "GET /hello HTTP/1.1\r\nHost: test\r\n\r\n";

struct RawAnswer {
  int status = 0;  // 0: the connection ended before a whole answer came
  std::string head;
  std::string body;

  bool has(std::string_view text) const { return head.find(text) != std::string::npos; }
};

class RawClient {
 public:
  // `address`: "127.0.0.1:port".
  explicit RawClient(const std::string& address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).c_str())));
    const timeval patience{.tv_sec = 20, .tv_usec = 0};  // only a hung server makes a test wait so long
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }

  // False once the other side has gone.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void end_sending() const { ::shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  // The next answer; what comes after it is kept. `head_only`: the answer to a HEAD.
  RawAnswer receive(bool head_only = false) {
    RawAnswer answer;
    auto end = std::string::npos;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return answer;
    }
    answer.head = received_.substr(0, end + 4);
    received_.erase(0, end + 4);
    const auto length = answer.head.find("Content-Length: ");
    const auto wanted = length == std::string::npos || head_only
                            ? 0UL
                            : std::strtoul(answer.head.c_str() + length + 16, nullptr, 10);
    while (received_.size() < wanted) {
      if (!more()) return {};
    }
    answer.body = received_.substr(0, wanted);
    received_.erase(0, wanted);
    answer.status = std::atoi(answer.head.c_str() + 9);
    return answer;
  }

  // True when nothing more comes and the other side has closed.
  bool at_end() { return received_.empty() && !more() && gone_; }

  RawAnswer get(const std::string& target) {
    send("GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n");
    return receive();
  }

 private:
  bool more() {
    std::array<char, 65536> bytes{};
    const auto got = ::recv(socket_, bytes.data(), bytes.size(), 0);
    gone_ = got == 0 || (got < 0 && errno != EAGAIN);
    if (got <= 0) return false;
    received_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
  }

  int socket_;
  bool connected_ = false;
  std::string received_;
  bool gone_ = false;
};

}  // namespace wikiflow::serve
