#include "sse/test_server_fake.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <stdexcept>

#include "sse/certificate_fake.h"

namespace wikiflow::sse {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {
    if (fd < 0) throw std::runtime_error("the test server cannot open a socket");
  }
  ~Fd() { close(fd_); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;

// True when `fd` is ready before `stop_fd` is and before `deadline`.
bool wait_ready(int fd, short events, int stop_fd, Clock::time_point deadline) {
  std::array<pollfd, 2> both{pollfd{fd, events, 0}, pollfd{stop_fd, POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    const auto capped = std::clamp(left, milliseconds{0}, milliseconds{10'000});
    const int ready = poll(both.data(), both.size(), static_cast<int>(capped.count()));
    if (both[1].revents != 0) return false;
    if (ready > 0) return true;
    if (Clock::now() >= deadline) return false;
  }
}

Clock::time_point in_an_hour() { return Clock::now() + std::chrono::hours{1}; }

class Connection final : public TestConnection {
 public:
  using Keep = std::function<void(TestRequest)>;

  Connection(int fd, SSL_CTX* tls, int stop_fd, Keep keep)
      : fd_(fd),
        ssl_(tls == nullptr ? nullptr : SSL_new(tls), &SSL_free),
        stop_fd_(stop_fd),
        keep_(std::move(keep)) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
               sizeof on);  // so that what a step sends apart travels apart
  }

  // False when the client does not want us, or when there is no TLS to be had.
  bool handshake() {
    if (!ssl_) return true;
    SSL_set_fd(ssl_.get(), fd_.get());
    for (;;) {
      const int done = SSL_accept(ssl_.get());
      if (done == 1) return true;
      if (!wait_for_ssl(done, in_an_hour())) return false;
    }
  }

  bool read_request() override {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      const std::string byte = receive(1);
      if (byte.empty()) return false;
      head += byte;
    }
    keep_(parse(head));
    return true;
  }

  bool send(std::string_view bytes) override {
    return send_until(bytes, std::chrono::hours{1}) == bytes.size();
  }

  std::size_t send_what_goes(std::string_view bytes, milliseconds limit) override {
    return send_until(bytes, limit);
  }

  std::string receive(std::size_t size) override {
    std::string bytes(size, '\0');
    std::size_t got = 0;
    while (got < size) {
      const auto n = read_some(bytes.data() + got, size - got, in_an_hour());
      if (n <= 0) break;
      got += static_cast<std::size_t>(n);
    }
    bytes.resize(got);
    return bytes;
  }

  bool closed_within(milliseconds limit) override {
    const auto deadline = Clock::now() + limit;
    std::array<char, 4096> ignored{};
    for (;;) {
      const auto n = read_some(ignored.data(), ignored.size(), deadline);
      if (n == 0) return true;
      if (n < 0) return false;
    }
  }

  void reset() override {
    const linger now{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  static TestRequest parse(const std::string& head) {
    TestRequest request;
    std::size_t at = head.find("\r\n");
    const std::string first = head.substr(0, at);
    request.method = first.substr(0, first.find(' '));
    request.target = first.substr(request.method.size() + 1, first.rfind(' ') - request.method.size() - 1);
    for (at += 2; at < head.size() - 2;) {
      const std::size_t end = head.find("\r\n", at);
      const std::string line = head.substr(at, end - at);
      const std::size_t colon = line.find(':');
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      request.headers[name] = line.substr(std::min(colon + 2, line.size()));
      at = end + 2;
    }
    return request;
  }

  // `limit` begins anew with every byte that could be sent.
  std::size_t send_until(std::string_view bytes, milliseconds limit) {
    std::size_t sent = 0;
    auto deadline = Clock::now() + limit;
    while (sent < bytes.size()) {
      const auto n = write_some(bytes.substr(sent), deadline);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
      deadline = Clock::now() + limit;
    }
    return sent;
  }

  bool wait_for_ssl(int result, Clock::time_point deadline) {
    const int error = SSL_get_error(ssl_.get(), result);
    ERR_clear_error();
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
    return wait_ready(fd_.get(), error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, stop_fd_, deadline);
  }

  // The number of bytes; 0 when the client closed, negative when the time was over or the server stops.
  ssize_t read_some(char* into, std::size_t size, Clock::time_point deadline) {
    for (;;) {
      if (ssl_) {
        const int n = SSL_read(ssl_.get(), into, static_cast<int>(size));
        if (n > 0) return n;
        const int error = SSL_get_error(ssl_.get(), n);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return 0;
        if (!wait_for_ssl(n, deadline)) return -1;
        continue;
      }
      const ssize_t n = recv(fd_.get(), into, size, 0);
      if (n >= 0) return n;
      if (errno != EAGAIN && errno != EINTR) return 0;
      if (!wait_ready(fd_.get(), POLLIN, stop_fd_, deadline)) return -1;
    }
  }

  ssize_t write_some(std::string_view bytes, Clock::time_point deadline) {
    for (;;) {
      if (ssl_) {
        const int n = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        if (n > 0) return n;
        if (!wait_for_ssl(n, deadline)) return -1;
        continue;
      }
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n >= 0) return n;
      if (errno != EAGAIN && errno != EINTR) return -1;
      if (!wait_ready(fd_.get(), POLLOUT, stop_fd_, deadline)) return -1;
    }
  }

  Fd fd_;
  Ssl ssl_;
  int stop_fd_;
  Keep keep_;
};

int bind_to_loopback(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, generic, size) != 0 || getsockname(fd, generic, &size) != 0) {
    throw std::runtime_error("the test server cannot have a port on loopback");
  }
  return ntohs(address.sin_port);
}

int offer_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                   const unsigned char* offered, unsigned int offered_size, void* http2) {
  const std::string_view wanted = http2 != nullptr ? "\x02h2" : "\x08http/1.1";
  const std::string_view list(reinterpret_cast<const char*>(offered), offered_size);
  const std::size_t at = list.find(wanted);
  if (at == std::string_view::npos) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = offered + at + 1;
  *chosen_size = static_cast<unsigned char>(wanted.size() - 1);
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

const std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";

Step answer(std::string bytes) {
  return [bytes = std::move(bytes)](TestConnection& connection) {
    if (connection.read_request()) connection.send(bytes);
  };
}

Step answer_stream(const std::string& body) { return answer(std::string(kStreamHead) + body); }

Step answer_status(const std::string& status, const std::string& headers, const std::string& body) {
  return answer("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                headers + "\r\n" + body);
}

struct TestServer::State {
  State(std::vector<Step> steps, Tls tls_options)
      : script(std::move(steps)),
        tls(std::move(tls_options)),
        certificate(tls.on ? tls.name : "IP:127.0.0.1") {
    if (listen(listener.get(), 16) != 0) throw std::runtime_error("the test server cannot listen");
    if (!tls.on) return;
    certificate.use_in(context.get());
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(context.get(), &offer_protocol, tls.http2 ? this : nullptr);
  }

  void serve() {
    // OpenSSL writes without MSG_NOSIGNAL.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    for (std::size_t next = 0; wait_ready(listener.get(), POLLIN, stop.get(), in_an_hour());) {
      const int fd = accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) continue;
      Connection connection(fd, tls.on && tls.handshake ? context.get() : nullptr, stop.get(),
                            [&](TestRequest request) {
                              const std::lock_guard lock(mutex);
                              requests.push_back(std::move(request));
                            });
      if (!connection.handshake()) continue;
      if (next < script.size()) {
        script[next++](connection);
      } else {
        answer_status("204 No Content")(connection);
      }
    }
  }

  const std::vector<Step> script;
  const Tls tls;
  const Certificate certificate;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_server_method()),
                                                                  &SSL_CTX_free};
  const Fd listener{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const int port{bind_to_loopback(listener.get())};
  const Fd stop{eventfd(0, EFD_CLOEXEC)};
  std::mutex mutex;
  std::vector<TestRequest> requests;
};

TestServer::TestServer(std::vector<Step> script) : TestServer(std::move(script), Tls{}) {}

TestServer::TestServer(std::vector<Step> script, Tls tls)
    : state_(std::make_unique<State>(std::move(script), std::move(tls))),
      thread_([this] { state_->serve(); }) {}

TestServer::~TestServer() { eventfd_write(state_->stop.get(), 1); }

std::string TestServer::url(std::string_view path) const {
  return (state_->tls.on ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(state_->port) +
         std::string(path);
}

std::string TestServer::ca_file() const { return state_->certificate.file(); }

std::vector<TestRequest> TestServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

RefusingPort::RefusingPort()
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), port_(bind_to_loopback(fd_)) {}

RefusingPort::~RefusingPort() { close(fd_); }

}  // namespace wikiflow::sse
