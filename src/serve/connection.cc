#include "serve/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>
#include <variant>

#include "base/log.h"

namespace wikiflow::serve {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr std::chrono::seconds kDrainFor{1};

// Runs a handler, on a worker or on the socket thread. One that throws is a bug that must not end the
// process.
template <typename Run>
auto guarded(const Route& route, const ServerMetrics& metrics, Run run) -> decltype(run()) {
  std::string what = "not an exception";
  try {
    return run();
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {  // NOLINT(bugprone-empty-catch): told below, together with the others
  }
  metrics.failures.Increment();
  log_error("serve", "a handler failed", {{"route", route.path}, {"error", what}});
  return problem(500, "the answer could not be made; the log says why");
}

Response problem_for(const boost::beast::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return problem(431, "the request's head is larger than " + std::to_string(kMaxHeadBytes) + " bytes");
  }
  if (error == http::error::body_limit) {
    return problem(413, "the request's body is larger than " + std::to_string(kMaxBodyBytes) + " bytes");
  }
  return problem(400, "not an HTTP/1.1 request: " + error.message());
}

}  // namespace

Connection::Connection(Shared& shared, Socket socket)
    : shared_(shared), socket_(std::move(socket)), deadline_(system_clock().steady() + shared.idle_timeout) {
  Error ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Connection::start() { read(); }

void Connection::read() {
  if (state_ != State::receiving) state_ = State::idle;
  const auto room = std::min(kReadBytes, kMaxBuffered - buffer_.size());
  socket_.async_read_some(
      buffer_.prepare(room),
      [self = shared_from_this()](const Error& error, std::size_t bytes) { self->received(error, bytes); });
}

void Connection::received(const Error& error, std::size_t bytes) {
  if (state_ == State::closed) return;
  if (error) return close();
  buffer_.commit(bytes);
  go_on();
}

// Answers what the buffer holds, one request after the other, until something has to be waited for.
void Connection::go_on() {
  while (take_request()) {
    if (!dispatch()) return;
  }
}

// Parses on. True when a whole request is there; otherwise what has to happen next is under way.
bool Connection::take_request() {
  if (!parser_) {
    // Some clients send an empty line after a request (RFC 9112, 2.2).
    while (buffer_.size() > 0 && (*static_cast<const char*>(buffer_.cdata().data()) == '\r' ||
                                  *static_cast<const char*>(buffer_.cdata().data()) == '\n')) {
      buffer_.consume(1);
    }
    if (buffer_.size() == 0) return wait_for_more();
    begin_request();
  }
  while (!parser_->is_done()) {
    if (buffer_.size() == 0) return wait_for_more();
    Error error;
    const auto used = parser_->put(buffer_.cdata(), error);
    buffer_.consume(used);
    const bool stuck = used == 0 && !error && !parser_->is_done();
    if (stuck || error == http::error::need_more) {
      error = {};
      if (buffer_.size() < kMaxBuffered) return wait_for_more();
      error = http::error::buffer_overflow;
    }
    if (error) return reject_input(error);
    // Asking first and then sending nothing costs less than being told to go on: answered below, and closed.
    if (parser_->is_header_done() && !parser_->is_done() && parser_->get().count(http::field::expect) > 0)
      break;
  }
  complete_at_ = system_clock().steady();
  return true;
}

void Connection::begin_request() {
  parser_.emplace();
  parser_->header_limit(kMaxHeadBytes);
  parser_->body_limit(kMaxBodyBytes);
  parser_->eager(true);
  state_ = State::receiving;
  deadline_ = system_clock().steady() + shared_.idle_timeout;
}

bool Connection::wait_for_more() {
  read();
  return false;
}

bool Connection::reject_input(const Error& error) {
  shared_.metrics.malformed.Increment();
  complete_at_ = system_clock().steady();
  return answer(shared_.router.unrouted(), problem_for(error), false);
}

bool Connection::missing_host() const {
  const auto& head = parser_->get();
  return head.version() >= 11 && head.count(http::field::host) != 1;
}

// True when the answer is sent and the next request may be taken.
bool Connection::dispatch() {
  const auto& head = parser_->get();
  const bool keep_alive = parser_->is_done() && parser_->keep_alive() && !shared_.stopping;
  const auto& unrouted = shared_.router.unrouted();
  if (missing_host()) return answer(unrouted, problem(400, "exactly one Host header is needed"), keep_alive);
  auto target = parse_target({head.target().data(), head.target().size()});
  if (!target) return answer(unrouted, problem(400, target.error().what), keep_alive);
  target_ = std::move(*target);
  const std::string_view method(head.method_string().data(), head.method_string().size());
  const auto found = shared_.router.find(method, target_);
  if (const auto* trouble = std::get_if<Response>(&found)) return answer(unrouted, *trouble, keep_alive);
  const auto& entry = *std::get<const Router::Entry*>(found);
  const auto accept = head[http::field::accept];
  request_ = {
      .path = target_.path, .query = std::move(target_.query), .accept = {accept.data(), accept.size()}};
  if (auto response = at_once(entry.route)) return answer(entry.metrics, *response, keep_alive);
  work(entry, keep_alive);
  return false;
}

// The answer, when it can be had on the socket thread.
std::optional<Response> Connection::at_once(const Route& route) const {
  if (!route.quick && !route.ready) return std::nullopt;
  return guarded(route, shared_.metrics, [&]() -> std::optional<Response> {
    return route.quick ? route.get(request_) : route.ready(request_);
  });
}

void Connection::work(const Router::Entry& entry, bool keep_alive) {
  state_ = State::working;
  shared_.metrics.in_work.Increment();
  shared_.workers.run([self = shared_from_this(), &entry, keep_alive]() mutable {
    auto& connection = *self;
    auto response = guarded(entry.route, connection.shared_.metrics,
                            [&] { return entry.route.get(connection.request_); });
    // The connection goes along, so that its end is always on the socket thread.
    asio::post(connection.shared_.io,
               [self = std::move(self), &entry, keep_alive, response = std::move(response)] {
                 self->shared_.metrics.in_work.Decrement();
                 if (self->state_ == State::closed) return;
                 if (self->answer(entry.metrics, response, keep_alive && !self->shared_.stopping))
                   self->go_on();
               });
  });
}

bool Connection::answer(const RouteMetrics& metrics, const Response& response, bool keep_alive) {
  metrics.answered(response.status, system_clock().steady() - complete_at_);
  return send(response, keep_alive);
}

void Connection::refuse(const Response& response) { send(response, false); }

// True when all of it is sent and the connection goes on.
bool Connection::send(const Response& response, bool keep_alive) {
  const bool head_only = parser_ && parser_->is_header_done() && parser_->get().method() == http::verb::head;
  render_head(response, keep_alive, shared_.date.at(system_clock().now()), head_);
  body_ = head_only ? nullptr : response.body;
  sent_ = 0;
  keep_alive_ = keep_alive;
  state_ = State::writing;
  switch (write()) {
    case Written::all:
      return answer_sent();
    case Written::failed:
      close();
      return false;
    case Written::some:
      break;
  }
  const auto now = system_clock().steady();
  const auto size = head_.size() + (body_ ? body_->size() : 0);
  deadline_ = now + shared_.idle_timeout;
  send_by_ = deadline_ + std::chrono::seconds(size / kMinBytesPerSecond);
  continue_writing();
  return false;
}

// As much as the socket takes without waiting.
Connection::Written Connection::write() {
  const auto body_size = body_ ? body_->size() : 0;
  const auto size = head_.size() + body_size;
  while (sent_ < size) {
    const auto head_left = head_.size() - std::min(sent_, head_.size());
    const auto body_from = sent_ - (head_.size() - head_left);
    const std::array<asio::const_buffer, 2> buffers{
        asio::buffer(head_) + (head_.size() - head_left),
        body_ ? asio::buffer(*body_) + body_from : asio::const_buffer{}};
    Error error;
    const auto bytes = socket_.write_some(buffers, error);
    if (error == asio::error::would_block) return Written::some;
    if (error) return Written::failed;
    sent_ += bytes;
    shared_.metrics.sent_bytes.Increment(static_cast<double>(bytes));
  }
  return Written::all;
}

void Connection::continue_writing() {
  socket_.async_wait(Socket::wait_write,
                     [self = shared_from_this()](const Error& error) { self->wrote(error); });
}

void Connection::wrote(const Error& error) {
  if (state_ == State::closed) return;
  const auto before = sent_;
  const auto written = error ? Written::failed : write();
  if (written == Written::failed) return close();
  if (written == Written::all) {
    if (answer_sent()) go_on();
    return;
  }
  if (sent_ != before) deadline_ = std::min(send_by_, system_clock().steady() + shared_.idle_timeout);
  continue_writing();
}

// True when the connection goes on.
bool Connection::answer_sent() {
  const bool unread = buffer_.size() > 0 || !parser_ || !parser_->is_done();
  body_.reset();
  parser_.reset();
  if (keep_alive_ && !shared_.stopping) {
    state_ = State::idle;
    deadline_ = system_clock().steady() + shared_.idle_timeout;
    return true;
  }
  if (unread) {
    drain();
  } else {
    close();
  }
  return false;
}

// Closing with input unread would make the system reset the connection, and the client might never see the
// answer.
void Connection::drain() {
  Error ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  state_ = State::draining;
  deadline_ = system_clock().steady() + kDrainFor;
  buffer_.clear();
  drained({}, 0);
}

void Connection::drained(const Error& error, std::size_t bytes) {
  if (state_ == State::closed) return;
  drained_bytes_ += bytes;
  if (error || drained_bytes_ > kMaxDrainBytes) return close();
  socket_.async_read_some(
      buffer_.prepare(kReadBytes),
      [self = shared_from_this()](const Error& e, std::size_t n) { self->drained(e, n); });
}

void Connection::sweep(SteadyTime now) {
  if (state_ == State::working || now < deadline_) return;
  if (state_ == State::idle) shared_.metrics.dropped(Drop::idle);
  if (state_ == State::receiving) shared_.metrics.dropped(Drop::slow_request);
  if (state_ == State::writing) shared_.metrics.dropped(Drop::slow_reader);
  close();
}

void Connection::finish() {
  if (state_ == State::idle || state_ == State::receiving || state_ == State::draining) close();
}

void Connection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  Error ignored;
  socket_.close(ignored);
  shared_.closed(*this);
}

}  // namespace wikiflow::serve
