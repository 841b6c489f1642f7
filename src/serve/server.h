// An HTTP/1.1 server for a few small routes: on Boost.Beast, callbacks, one thread for the sockets.
//
// Handlers run on a small pool of worker threads, so that a slow answer delays no other connection; /livez
// answers while a large /stats is rendered. Several handlers may run at once. Only a route marked `quick` is
// answered on the socket thread itself, which spares two changes of thread.
//
// Limits: request head 16 KiB, body 64 KiB (read and dropped: routes here take none), `max_connections` at
// once (further ones get 503 and are closed), one request of a connection in work at a time (pipelined ones
// wait in the socket). A client is dropped when it sends no whole request within `idle_timeout` of the answer
// before or of the request's first byte, when it takes nothing of an answer for `idle_timeout`, or less than
// 16 KiB/s of it over all. No TLS: put a proxy in front.
//
// Errors are problem JSON (RFC 9457): 404 unknown path, 405 with `Allow`, 400 naming the parameter, 431, 413,
// 503, and 500 for a handler that throws. HEAD is answered wherever GET is. Every answer carries
// `Cache-Control: no-store` unless the handler set its own; there is no ETag, since an answer is stale after
// a tick.
//
// Turned down: coroutines, which g++ 12 miscompiles with Asio; and Beast's serializer, which would build a
// field list for each answer: the head is written as text, and head and shared body go out in one scattered
// write.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"

namespace wikiflow::serve {

struct Request {
  std::string_view path;  // decoded, without the query; valid during the handler
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::string_view accept = {};  // the header of that name, empty without one; valid during the handler

  // The value of the parameter, or nullopt when it is not there. The last one wins.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  // Shared, so that one rendering can answer many requests at once without a copy.
  std::shared_ptr<const std::string> body;
};

// A problem document: {"type":"about:blank","title":<standard phrase>,"status":...,"detail":...}.
Response problem(int status, std::string_view detail);
Response json(std::string body, int status = 200);

using Handler = std::function<Response(const Request&)>;

struct Route {
  std::string path;  // exact
  Handler get;
  // Parameters that the route knows; any other gives 400 naming it and the known ones.
  std::vector<std::string> parameters = {};
  // `get` never blocks and takes microseconds: it runs on the socket thread.
  bool quick = false;
  // Tried first, on the socket thread, where the answer is often at hand: nullopt when it is not, and `get`
  // is run by a worker. As quick as `quick` demands.
  std::function<std::optional<Response>(const Request&)> ready = nullptr;
};

struct ServerOptions {
  std::string address = {};  // "host:port", ":port" for all interfaces, "[::1]:port"
  std::size_t max_connections = 1024;
  std::chrono::milliseconds idle_timeout{30'000};
  int workers = 2;
};

class Server {
 public:
  // Listens at once. ":port" takes IPv6 and IPv4 where the machine has both. Error: bad_input for an address
  // that does not parse or whose host is unknown, fatal for one that cannot be listened on, such as a port in
  // use (naming it and the setting HTTP_ADDR).
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, std::vector<Route> routes,
                                               Metrics& metrics);
  virtual ~Server() = default;  // stop()

  // "host:port" really bound, for port 0.
  virtual std::string address() const = 0;

  // Takes no new connection, finishes answers under way (at most `limit`), then closes. A handler that is
  // still running then is waited for. Idempotent. Not to be called from a handler.
  virtual void stop(std::chrono::milliseconds limit) = 0;
};

}  // namespace wikiflow::serve
