// One client's connection: reads a request, has it answered, writes the answer, and again.
//
// A request is parsed by Beast out of a buffer of at most kMaxBuffered bytes; while one is in work nothing
// more is read, so a client that pipelines waits in its own socket. Writing is tried at once and only waits
// for the socket when that is full: most answers cost no turn of the event loop.
//
// Threads: the socket thread, except that a handler which is not quick runs on a worker.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "serve/discard_body.h"
#include "serve/head.h"
#include "serve/router.h"
#include "serve/server.h"
#include "serve/server_metrics.h"
#include "serve/workers.h"

namespace wikiflow::serve {

inline constexpr std::size_t kMaxHeadBytes = 16 * 1024;
inline constexpr std::size_t kMaxBodyBytes = 64 * 1024;
inline constexpr std::size_t kReadBytes = 4 * 1024;
inline constexpr std::size_t kMaxBuffered = kMaxHeadBytes + kReadBytes;
inline constexpr std::size_t kMinBytesPerSecond =
    16 * 1024;  // below this over a whole answer, a reader is dropped
inline constexpr std::size_t kMaxDrainBytes = 1024 * 1024;

class Connection;

// What all connections of a server share. Outlives them.
struct Shared {
  boost::asio::io_context& io;
  const Router& router;
  Workers& workers;
  const ServerMetrics& metrics;
  std::chrono::milliseconds idle_timeout;
  std::function<void(Connection&)> closed;  // told once for each connection
  DateHeader date = {};
  bool stopping = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  Connection(Shared& shared, Socket socket);

  // Serves requests until the client goes.
  void start();

  // Sends this one answer and closes.
  void refuse(const Response& response);

  // Closes when the connection has been waiting for its client for too long. To be called now and then.
  void sweep(SteadyTime now);

  // Closes at once when no request is in work, otherwise after its answer.
  void finish();

  void close();

 private:
  enum class State { idle, receiving, working, writing, draining, closed };
  enum class Written { all, some, failed };
  using Parser = boost::beast::http::request_parser<DiscardBody>;
  using Error = boost::beast::error_code;

  void read();
  void received(const Error& error, std::size_t bytes);
  void go_on();
  bool take_request();
  void begin_request();
  bool wait_for_more();
  bool reject_input(const Error& error);
  bool missing_host() const;
  bool dispatch();
  std::optional<Response> at_once(const Route& route) const;
  void work(const Router::Entry& entry, bool keep_alive);
  bool answer(const RouteMetrics& metrics, const Response& response, bool keep_alive);
  bool send(const Response& response, bool keep_alive);
  Written write();
  void continue_writing();
  void wrote(const Error& error);
  bool answer_sent();
  void drain();
  void drained(const Error& error, std::size_t bytes);

  Shared& shared_;
  Socket socket_;
  State state_ = State::idle;
  SteadyTime deadline_;
  boost::beast::flat_buffer buffer_{kMaxBuffered};
  std::optional<Parser> parser_;

  // The request in work.
  Target target_;
  Request request_;
  SteadyTime complete_at_;

  // The answer being sent.
  std::string head_;
  std::shared_ptr<const std::string> body_;
  std::size_t sent_ = 0;
  SteadyTime send_by_;
  bool keep_alive_ = false;
  std::size_t drained_bytes_ = 0;
};

}  // namespace wikiflow::serve
