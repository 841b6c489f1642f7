#include "serve/server.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/log.h"
#include "base/thread.h"
#include "serve/connection.h"
#include "serve/listen.h"
#include "serve/workers.h"

namespace wikiflow::serve {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

// Beyond the limit, so many more are told 503 at once; any further ones are closed without a word.
constexpr std::size_t kMaxRefusals = 64;
constexpr milliseconds kAcceptAgainAfter{100};
constexpr milliseconds kStopFromDestructor{1000};

class BeastServer final : public Server {
 public:
  BeastServer(const ServerOptions& options, std::vector<Route> routes, Metrics& metrics)
      : options_(options),
        metrics_(metrics, options.max_connections),
        router_(std::move(routes), metrics),
        workers_(options.workers),
        shared_{.io = io_,
                .router = router_,
                .workers = workers_,
                .metrics = metrics_,
                .idle_timeout = options.idle_timeout,
                .closed = [this](Connection& connection) { forget(connection); }} {}
  ~BeastServer() override { stop(kStopFromDestructor); }
  BeastServer(const BeastServer&) = delete;
  BeastServer& operator=(const BeastServer&) = delete;

  Result<void> listen();
  std::string address() const override { return address_; }
  void stop(milliseconds limit) override;

 private:
  void accept();
  void accepted(const error_code& error, tcp::socket socket);
  void accept_later();
  void forget(Connection& connection);
  void sweep();
  std::vector<std::shared_ptr<Connection>> connections() const;
  void begin_stop();

  const ServerOptions options_;
  const ServerMetrics metrics_;
  const Router router_;
  asio::io_context io_{1};
  Workers workers_;
  Shared shared_;
  tcp::acceptor acceptor_{io_};
  asio::steady_timer sweep_timer_{io_};
  asio::steady_timer accept_timer_{io_};
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;  // socket thread only
  std::string address_;
  std::thread thread_;
  LogLimit accept_log_{std::chrono::seconds{60}};

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;     // stop() was called
  bool all_closed_ = false;  // after stop(): no connection is left
};

Result<void> BeastServer::listen() {
  auto acceptor = listen_on(io_, options_.address);
  if (!acceptor) return tl::make_unexpected(acceptor.error());
  acceptor_ = std::move(*acceptor);
  error_code ignored;
  address_ = to_string(acceptor_.local_endpoint(ignored));
  accept();
  sweep();
  thread_ = std::thread([this] {
    name_this_thread("serve");
    const auto guard = asio::make_work_guard(io_);
    io_.run();
  });
  return {};
}

void BeastServer::accept() {
  acceptor_.async_accept(
      [this](const error_code& error, tcp::socket socket) { accepted(error, std::move(socket)); });
}

void BeastServer::accepted(const error_code& error, tcp::socket socket) {
  if (error == asio::error::operation_aborted || shared_.stopping) return;
  if (error) {
    // The process or the machine is out of descriptors: trying again at once would only burn the processor.
    if (const auto held = accept_log_.allow(system_clock().steady())) {
      log_warn("serve", "cannot accept a connection",
               {{"error", error.message()}, {"held_back", std::to_string(*held)}});
    }
    return accept_later();
  }
  const auto open = connections_.size();
  if (open < options_.max_connections + kMaxRefusals) {
    auto connection = std::make_shared<Connection>(shared_, std::move(socket));
    connections_.emplace(connection.get(), connection);
    metrics_.connections.Set(static_cast<double>(connections_.size()));
    if (open < options_.max_connections) {
      connection->start();
    } else {
      metrics_.rejected.Increment();
      auto response = problem(503, "too many connections; try again");
      response.headers.emplace_back("Retry-After", "1");
      connection->refuse(response);
    }
  } else {
    metrics_.rejected.Increment();
  }
  accept();
}

void BeastServer::accept_later() {
  accept_timer_.expires_after(kAcceptAgainAfter);
  accept_timer_.async_wait([this](const error_code& error) {
    if (!error && !shared_.stopping) accept();
  });
}

void BeastServer::forget(Connection& connection) {
  connections_.erase(&connection);
  metrics_.connections.Set(static_cast<double>(connections_.size()));
  if (!shared_.stopping || !connections_.empty()) return;
  const std::lock_guard lock(mutex_);
  all_closed_ = true;
  changed_.notify_all();
}

// A copy, since what is done with a connection may end it.
std::vector<std::shared_ptr<Connection>> BeastServer::connections() const {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [key, connection] : connections_) all.push_back(connection);
  return all;
}

// One timer for all deadlines: a timer for each connection would be moved with every read and write.
void BeastServer::sweep() {
  const auto now = system_clock().steady();
  for (const auto& connection : connections()) connection->sweep(now);
  sweep_timer_.expires_after(std::clamp(options_.idle_timeout / 8, milliseconds{5}, milliseconds{1000}));
  sweep_timer_.async_wait([this](const error_code& error) {
    if (!error) sweep();
  });
}

void BeastServer::begin_stop() {
  shared_.stopping = true;
  error_code ignored;
  acceptor_.close(ignored);
  accept_timer_.cancel();
  for (const auto& connection : connections()) connection->finish();
  if (!connections_.empty()) return;
  const std::lock_guard lock(mutex_);
  all_closed_ = true;
  changed_.notify_all();
}

void BeastServer::stop(milliseconds limit) {
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    asio::post(io_, [this] { begin_stop(); });
    changed_.wait_for(lock, limit, [this] { return all_closed_; });
  }
  workers_.stop();
  asio::post(io_, [this] {
    for (const auto& connection : connections()) connection->close();
    io_.stop();
  });
  thread_.join();
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, std::vector<Route> routes,
                                              Metrics& metrics) {
  auto server = std::make_unique<BeastServer>(options, std::move(routes), metrics);
  if (auto listening = server->listen(); !listening) return tl::make_unexpected(listening.error());
  return server;
}

}  // namespace wikiflow::serve
