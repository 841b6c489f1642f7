#include "sim/simulator.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/thread.h"
#include "sim/connection.h"
#include "sim/hub.h"

namespace wikiflow::sim {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kAcceptAgain{100};  // after an error, as too many open files

// "host:port", ":port" for all interfaces, "[::1]:port"; names are not looked up, but for localhost.
Result<tcp::endpoint> parse_address(const std::string& text) {
  const auto refuse = [&] {
    return bad_input("cannot listen on '" + text + "': give host:port, with an IP address");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return refuse();
  std::string host = text.substr(0, colon);
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(&text[colon] + 1, end, port);
  if (error != std::errc{} || stop != end) return refuse();
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty()) host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code bad;
  const auto address = asio::ip::make_address(host, bad);
  if (bad) return refuse();
  return tcp::endpoint(address, port);
}

class Server final : public Simulator {
 public:
  explicit Server(std::unique_ptr<Hub> hub) : hub_(std::move(hub)), acceptor_(io_), again_(io_) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() override { stop(); }

  Result<void> listen(const std::string& address) {
    const auto endpoint = parse_address(address);
    if (!endpoint) return tl::make_unexpected(endpoint.error());
    boost::system::error_code error;
    acceptor_.open(endpoint->protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(*endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fatal("cannot listen on " + address + ": " + error.message() +
                   "; choose another address with --listen");
    }
    const auto bound = acceptor_.local_endpoint(error);
    const std::string host = bound.address().to_string();
    address_ = (bound.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(bound.port());
    return {};
  }

  void run() {
    accept();
    thread_ = std::thread([this] {
      name_this_thread("sim");
      io_.run();
    });
  }

  std::string address() const override { return address_; }
  Counters counters() const override { return hub_->counters(); }
  Millis log_start() const override { return hub_->log().start(); }
  bool wait_until_done(std::chrono::milliseconds limit) override { return hub_->wait_until_done(limit); }

  void stop() override {
    hub_->stop_waiting();
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      again_.cancel();
      for (const auto& weak : connections_) {
        if (const auto connection = weak.lock()) connection->close();
      }
    });
    thread_.join();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) {
        again_.expires_after(kAcceptAgain);
        again_.async_wait([this](boost::system::error_code stopped) {
          if (!stopped) accept();
        });
        return;
      }
      serve(std::move(socket));
      accept();
    });
  }

  void serve(tcp::socket socket) {
    connections_.erase(std::remove_if(connections_.begin(), connections_.end(),
                                      [](const std::weak_ptr<Connection>& weak) { return weak.expired(); }),
                       connections_.end());
    if (connections_.size() >= kMaxConnections) return hub_->on_refused(503);
    const auto connection = std::make_shared<Connection>(std::move(socket), *hub_);
    connections_.push_back(connection);
    connection->start();
  }

  std::unique_ptr<Hub> hub_;  // outlives the connections, which io_ owns
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer again_;
  std::vector<std::weak_ptr<Connection>> connections_;
  std::string address_;
  std::thread thread_;
};

}  // namespace

std::string Simulator::url() const { return "http://" + address() + std::string(kStreamPath); }

Result<std::unique_ptr<Simulator>> Simulator::start(const SimOptions& options, Metrics& metrics) {
  auto hub = Hub::make(options, metrics);
  if (!hub) return tl::make_unexpected(hub.error());
  auto server = std::make_unique<Server>(std::move(*hub));
  if (auto listening = server->listen(options.listen); !listening)
    return tl::make_unexpected(listening.error());
  server->run();
  return server;
}

}  // namespace wikiflow::sim
