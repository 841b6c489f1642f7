// One client: its request, then the stream, until either side ends it.
//
// Owned by its own pending operations; close() lets these fail, and the last one to do so frees it. While a
// stream runs there is always a read pending, so a client that is gone is noticed at once and its place is
// free for the one that comes again.
//
// Threads: the simulator's.

#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <memory>
#include <optional>
#include <string>

#include "sim/feed.h"
#include "sim/hub.h"

namespace wikiflow::sim {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, Hub& hub);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  void close();

 private:
  using Error = boost::system::error_code;

  void on_request(Error error);
  void answer(int status, const std::string& body);
  void begin_stream(const Start& start);
  void watch();
  void pump();
  void write_body();
  void write_piece(std::size_t size, bool last);
  void on_written(Error error, bool last);
  void act();
  void pause(std::chrono::microseconds wait);
  void end_stream();
  void break_off(const char* cause, bool reset);

  boost::asio::ip::tcp::socket socket_;
  Hub& hub_;
  boost::asio::steady_timer pause_;
  boost::asio::steady_timer deadline_;  // of the request, then of the stream
  boost::beast::flat_buffer received_;
  boost::beast::http::request_parser<boost::beast::http::empty_body> parser_;
  std::array<char, 512> ignored_{};
  std::string address_;
  bool admitted_ = false;
  bool chunked_ = true;
  bool writing_ = false;
  bool expired_ = false;  // the stream's time is over
  bool ending_ = false;   // its last bytes are being written
  std::optional<Feed> feed_;
  Draw draw_{0};  // for the sizes of pieces
  Feed::Then then_ = Feed::Then::go_on;
  std::string head_;
  std::string body_;
  std::size_t written_ = 0;  // of body_
};

}  // namespace wikiflow::sim
