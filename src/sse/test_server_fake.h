// A tiny HTTP server on loopback that does as a test's script says, well or badly.
//
// One connection after the other, each by the next step of the script; when the script is over, every further
// connection is answered with 204. A step speaks bytes: it can split them where it likes, fall silent, or
// reset. Requests are kept for the test to look at.
//
// Threads: a thread of its own runs the steps; the accessors may be called from any.

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace wikiflow::sse {

struct TestRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
};

// One accepted connection. Everything that waits also ends when the server does.
class TestConnection {
 public:
  virtual ~TestConnection() = default;

  // Reads a request's head and keeps it among TestServer::requests(). False when the client went away before.
  virtual bool read_request() = 0;

  // False when the client is gone.
  virtual bool send(std::string_view bytes) = 0;

  // Sends until all is sent, or nothing more could be for `limit`: the number of bytes sent.
  virtual std::size_t send_what_goes(std::string_view bytes, std::chrono::milliseconds limit) = 0;

  // Exactly `size` bytes, or fewer when the client went away.
  virtual std::string receive(std::size_t size) = 0;

  // Waits until the client closes; at most `limit`. True when it did.
  virtual bool closed_within(std::chrono::milliseconds limit) = 0;
  void wait_closed() { closed_within(std::chrono::hours{1}); }

  // Ends the connection with RST in place of the orderly end that returning from the step is.
  virtual void reset() = 0;
};

using Step = std::function<void(TestConnection&)>;

// The usual steps: read the request, then send `bytes` and close.
Step answer(std::string bytes);
// A 200 with an event stream of `body`, which ends with the connection.
Step answer_stream(const std::string& body);
Step answer_status(const std::string& status, const std::string& headers = "", const std::string& body = "");

extern const std::string_view kStreamHead;  // 200, text/event-stream, until the connection closes

class TestServer {
 public:
  struct Tls {
    bool on = false;
    bool http2 = false;                 // what it offers by ALPN
    std::string name = "IP:127.0.0.1";  // what its self-made certificate is for
    bool handshake = true;              // false: accepts, and never says a word
  };

  explicit TestServer(std::vector<Step> script);
  TestServer(std::vector<Step> script, Tls tls);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::string url(std::string_view path = "/stream") const;
  // The certificate, as a PEM file that lives as long as the server.
  std::string ca_file() const;
  std::vector<TestRequest> requests() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::jthread thread_;
};

// A port on loopback that refuses every connection, kept from others for as long as this lives.
class RefusingPort {
 public:
  RefusingPort();
  ~RefusingPort();
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;
  int port() const { return port_; }

 private:
  int fd_;
  int port_;
};

}  // namespace wikiflow::sse
