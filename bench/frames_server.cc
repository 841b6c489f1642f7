// Serves pre-rendered EventStreams frames over chunked HTTP, one client at a time: as fast as the client
// takes them, or at a rate while noting the time of each write. Then keeps the connection open until the
// client goes.
//
// Every connection gets the same frames from the beginning. It says where it listens, and how many bytes a
// client will get, in a line of JSON on standard output.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "kafka.h"
#include "measure.h"
#include "workload.h"

namespace {

using namespace wikiflow::bench;

struct Options {
  std::uint64_t events = 1'000'000;
  std::size_t distinct = 200'000;
  std::size_t users = 100'000;
  std::uint64_t seed = 1;
  double rate = 0;
  std::string times;
  std::size_t chunk = 64 * 1024;
};

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {
    if (fd_ < 0) die(std::strerror(errno));
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// False when the client has gone.
bool send_all(int fd, std::array<iovec, 3> parts) {
  std::size_t first = 0;
  while (first < parts.size()) {
    const ssize_t sent = writev(fd, &parts[first], static_cast<int>(parts.size() - first));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    auto left = static_cast<std::size_t>(sent);
    while (first < parts.size() && left >= parts[first].iov_len) left -= parts[first++].iov_len;
    if (first < parts.size()) {
      parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + left;
      parts[first].iov_len -= left;
    }
  }
  return true;
}

iovec part(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

bool send_chunk(int fd, std::string_view body) {
  const std::string head = fmt::format("{:x}\r\n", body.size());
  return send_all(fd, {part(head), part(body), part("\r\n")});
}

bool read_request(int fd) {
  std::string request;
  std::array<char, 4096> buffer{};
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = recv(fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    request.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return true;
}

bool send_head(int fd) {
  constexpr std::string_view kHead =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  return send_all(fd, {part(kHead), part(""), part("")}) && send_chunk(fd, ":ok\n\n");
}

bool send_fast(int fd, Frames& frames, const Options& options) {
  for (std::uint64_t i = 0; i < options.events;) {
    // Neighbouring frames lie side by side in memory, so a chunk needs no copy.
    const std::size_t first = i % frames.size();
    std::size_t bytes = 0;
    std::size_t at = first;
    for (; at < frames.size() && i < options.events && bytes < options.chunk; ++at, ++i) {
      frames.renew(at, i / frames.size());
      bytes += frames[at].size();
    }
    if (!send_chunk(fd, {frames[first].data(), bytes})) return false;
  }
  return true;
}

bool send_paced(int fd, Frames& frames, const Options& options) {
  std::vector<std::int64_t> times;
  times.reserve(options.events);
  auto due = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  for (std::uint64_t i = 0; i < options.events; ++i) {
    frames.renew(i % frames.size(), i / frames.size());
    std::this_thread::sleep_until(due);
    times.push_back(steady_ns());
    if (!send_chunk(fd, frames[i % frames.size()])) return false;
    due += std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / options.rate));
  }
  std::ofstream out(options.times);
  for (const auto time : times) out << time << '\n';
  return true;
}

void wait_until_gone(int fd) {
  std::array<char, 256> buffer{};
  while (recv(fd, buffer.data(), buffer.size(), 0) > 0) continue;
}

void serve(int listener, Frames& frames, const Options& options) {
  for (;;) {
    const Socket client(accept(listener, nullptr, nullptr));
    const int on = 1;
    setsockopt(client.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!read_request(client.fd()) || !send_head(client.fd())) continue;
    const bool whole =
        options.rate > 0 ? send_paced(client.fd(), frames, options) : send_fast(client.fd(), frames, options);
    if (whole) wait_until_gone(client.fd());
  }
}

int listen_on_loopback(int fd) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 8) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    die(std::strerror(errno));
  }
  return ntohs(address.sin_port);
}

double body_bytes(const Frames& frames, std::uint64_t events) {
  constexpr double kOk = 5;
  double bytes = kOk;
  for (std::uint64_t i = 0; i < events; ++i) bytes += static_cast<double>(frames[i % frames.size()].size());
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Serves EventStreams frames");
  app.add_option("--events", options.events, "how many a connection gets")->capture_default_str();
  app.add_option("--distinct", options.distinct, "how many to render; the rest repeat them with other ids")
      ->capture_default_str();
  app.add_option("--users", options.users, "how many different ones")->capture_default_str();
  app.add_option("--seed", options.seed, "of the events")->capture_default_str();
  app.add_option("--chunk", options.chunk, "bytes of frames in a chunk, about")->capture_default_str();
  app.add_option("--rate", options.rate, "events a second; 0: as fast as they are taken")
      ->capture_default_str();
  app.add_option("--times", options.times, "with --rate: file for the time of each write, in ns");
  CLI11_PARSE(app, argc, argv);

  std::signal(SIGPIPE, SIG_IGN);
  constexpr std::int64_t kHalfADayMs = 12 * 3'600'000;
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  Frames frames(options.seed, options.distinct, options.users, now.count() - kHalfADayMs);
  const Socket listener(socket(AF_INET, SOCK_STREAM, 0));
  const int port = listen_on_loopback(listener.fd());
  const double bytes = body_bytes(frames, options.events);
  print_result({{"port", port},
                {"events", static_cast<double>(options.events)},
                {"bytes", bytes},
                {"frame_bytes", bytes / static_cast<double>(options.events)}});
  serve(listener.fd(), frames, options);
}
