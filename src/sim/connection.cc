#include "sim/connection.h"

#include <fmt/format.h>

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include "base/utf8.h"

namespace wikiflow::sim {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kRequestTime{10};
constexpr std::uint32_t kMaxHead = 16 * 1024;
constexpr std::uint64_t kLargestPiece = 700;
constexpr std::string_view kOk = ":ok\n\n";
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::string problem(int status, std::string_view detail) {
  std::string body = fmt::format(R"({{"status":{},"detail":")", status);
  append_json_escaped(detail, body);
  return body + "\"}\n";
}

std::string status_json(const Counters& c) {
  return fmt::format(R"({{"events":{},"frames":{},"canaries":{},"malformed":{},"oversized":{},"errors":{},)"
                     R"("streams":{},"open":{},"refused":{},"cuts":{},"done":{}}})"
                     "\n",
                     c.events, c.frames, c.canaries, c.malformed, c.oversized, c.errors, c.streams, c.open,
                     c.refused, c.cuts, c.done);
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, Hub& hub)
    : socket_(std::move(socket)),
      hub_(hub),
      pause_(socket_.get_executor()),
      deadline_(socket_.get_executor()) {
  parser_.header_limit(kMaxHead);
  Error ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto remote = socket_.remote_endpoint(ignored);
  address_ = remote.address().to_string(ignored);
}

Connection::~Connection() { close(); }

void Connection::start() {
  deadline_.expires_after(kRequestTime);
  deadline_.async_wait([self = shared_from_this()](Error error) {
    if (!error && !self->feed_) self->close();
  });
  http::async_read_header(socket_, received_, parser_,
                          [self = shared_from_this()](Error error, std::size_t) { self->on_request(error); });
}

void Connection::close() {
  if (admitted_) hub_.leave(address_);
  admitted_ = false;
  pause_.cancel();
  deadline_.cancel();
  Error ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

void Connection::on_request(Error error) {
  if (!socket_.is_open()) return;
  if (error == http::error::header_limit)
    return answer(431, problem(431, "the request's head is over 16 KiB"));
  if (error.category() == http::make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message) {
    return answer(400, problem(400, "not an HTTP request"));
  }
  if (error) return close();
  const auto& head = parser_.get();
  chunked_ = head.version() >= 11;
  const std::string_view last_event_id = view(head["Last-Event-ID"]);
  const auto wanted = read_request(
      {view(head.method_string()), view(head.target()), view(head[http::field::user_agent]), last_event_id},
      hub_.options().any_user_agent);
  if (!wanted) return answer(wanted.error().status, problem(wanted.error().status, wanted.error().message));
  if (wanted->route == Route::status) return answer(200, status_json(hub_.counters()));
  const auto start = hub_.admit(*wanted, last_event_id, address_);
  if (!start) return answer(start.error().status, problem(start.error().status, start.error().message));
  admitted_ = true;
  begin_stream(*start);
}

void Connection::answer(int status, const std::string& body) {
  if (status != 200) hub_.on_refused(status);
  const auto reason = http::obsolete_reason(static_cast<http::status>(status));
  const bool bare = status == 204 || status == 304;
  head_ = fmt::format("HTTP/1.1 {} {}\r\nConnection: close\r\n", status, view(reason));
  const auto retry_after = hub_.options().faults.retry_after;
  if (retry_after.count() > 0 && (status == 429 || status == 503)) {
    head_ += fmt::format("Retry-After: {}\r\n", retry_after.count());
  }
  if (status == 405) head_ += "Allow: GET\r\n";
  if (!bare) head_ += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  head_ += "\r\n";
  if (!bare && parser_.get().method() != http::verb::head) head_ += body;
  asio::async_write(socket_, asio::buffer(head_),
                    [self = shared_from_this()](Error, std::size_t) { self->close(); });
}

void Connection::begin_stream(const Start& start) {
  const std::uint64_t number = hub_.next_connection();
  feed_.emplace(hub_.source(), start, number);
  draw_ = Draw(hash(hub_.options().seed, ~number, Purpose::connection));
  deadline_.cancel();
  if (hub_.options().lifetime.count() > 0) {
    deadline_.expires_after(hub_.options().lifetime);
    deadline_.async_wait([self = shared_from_this()](Error error) {
      if (error || !self->socket_.is_open()) return;
      self->expired_ = true;
      if (!self->writing_) self->end_stream();
    });
  }
  watch();
  head_ = chunked_ ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                   : "HTTP/1.0 200 OK\r\nConnection: close\r\n";
  head_ += "Content-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n\r\n";
  if (chunked_) head_ += fmt::format("{:x}\r\n", kOk.size());
  head_ += kOk;
  if (chunked_) head_ += kLineEnd;
  writing_ = true;
  asio::async_write(socket_, asio::buffer(head_),
                    [self = shared_from_this()](Error error, std::size_t) { self->on_written(error, true); });
}

void Connection::watch() {
  socket_.async_read_some(asio::buffer(ignored_), [self = shared_from_this()](Error error, std::size_t) {
    if (error) return self->close();
    self->watch();
  });
}

void Connection::pump() {
  if (!socket_.is_open() || writing_) return;
  if (expired_) return end_stream();
  body_.clear();
  written_ = 0;
  then_ = feed_->fill(hub_.available(), Simulator::kBufferBytes, body_, hub_);
  hub_.before_write();
  if (body_.empty()) return act();
  writing_ = true;
  write_body();
}

void Connection::write_body() {
  const std::size_t left = body_.size() - written_;
  if (!hub_.options().faults.split_writes) return write_piece(left, true);
  const std::size_t piece = 1 + draw_.below(kLargestPiece);
  write_piece(std::min(piece, left), piece >= left);
}

void Connection::write_piece(std::size_t size, bool last) {
  const std::string_view piece = std::string_view(body_).substr(written_, size);
  written_ += size;
  head_.clear();
  if (chunked_) fmt::format_to(std::back_inserter(head_), "{:x}\r\n", size);
  const std::string_view tail = chunked_ ? kLineEnd : std::string_view();
  const std::array<asio::const_buffer, 3> buffers{asio::buffer(head_), asio::buffer(piece),
                                                  asio::buffer(tail)};
  asio::async_write(socket_, buffers, [self = shared_from_this(), last](Error error, std::size_t) {
    self->on_written(error, last);
  });
}

void Connection::on_written(Error error, bool last) {
  if (error || !socket_.is_open()) return close();
  if (!last) return write_body();
  writing_ = false;
  if (body_.capacity() > 4 * Simulator::kBufferBytes) body_ = {};  // an oversized frame was in it
  if (ending_) return close();
  act();
}

// The buffer is written; what now?
void Connection::act() {
  const bool broken = then_ == Feed::Then::end || then_ == Feed::Then::cut || then_ == Feed::Then::reset;
  if (expired_ && !broken) return end_stream();
  switch (std::exchange(then_, Feed::Then::go_on)) {
    case Feed::Then::go_on:
      return pump();
    case Feed::Then::wait:
      return pause(hub_.until(feed_->waiting_for() - 1));
    case Feed::Then::stall:
      return pause(hub_.options().faults.stall);
    case Feed::Then::finish:
      return;  // as a live stream on which nothing happens
    case Feed::Then::end:
      hub_.on_broken_off("error_frame");
      ending_ = true;
      return end_stream();
    case Feed::Then::cut:
      return break_off("cut", false);
    case Feed::Then::reset:
      return break_off("reset", true);
  }
}

void Connection::pause(std::chrono::microseconds wait) {
  pause_.expires_after(wait);
  pause_.async_wait([self = shared_from_this()](Error error) {
    if (!error) self->pump();
  });
}

// In good order: with the last chunk.
void Connection::end_stream() {
  if (!ending_) hub_.on_broken_off("lifetime");
  ending_ = true;
  pause_.cancel();
  if (!chunked_) return close();
  writing_ = true;
  asio::async_write(socket_, asio::buffer(kLastChunk),
                    [self = shared_from_this()](Error error, std::size_t) { self->on_written(error, true); });
}

void Connection::break_off(const char* cause, bool reset) {
  hub_.on_broken_off(cause);
  Error ignored;
  if (!reset) return close();
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  if (admitted_) hub_.leave(address_);
  admitted_ = false;
  socket_.close(ignored);  // without shutdown: that would send a FIN first
  close();
}

}  // namespace wikiflow::sim
