// The HTTP side that all programs share: health, version, metrics, and /stats where there is one.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "run/supervisor.h"
#include "serve/health.h"
#include "serve/server.h"

namespace wikiflow::app {

class Serving {
 public:
  // Listens at once, and tells systemd that the program is ready. `dependencies` become the checks of
  // /readyz; the metrics are not owned.
  static Result<std::unique_ptr<Serving>> start(const std::string& address, const std::string& program,
                                                const std::vector<Dependency>& dependencies,
                                                std::vector<serve::Route> routes, Metrics& metrics);

  // A check that is always well and has something to say.
  void remark(const std::string& name, const std::string& text);

  // "http://127.0.0.1:8080": what to open.
  std::string url() const;

  // /readyz answers 503 from now on, and systemd knows.
  void stopping();
  void stop();

 private:
  // Health first: the server uses it until it is gone.
  serve::Health health_;
  std::unique_ptr<serve::Server> server_;
};

// A token that is requested when either of two is.
class EitherStop {
 public:
  EitherStop(std::stop_token a, std::stop_token b)
      : a_(std::move(a), [this] { both_.request_stop(); }),
        b_(std::move(b), [this] { both_.request_stop(); }) {}
  std::stop_token token() const { return both_.get_token(); }

 private:
  std::stop_source both_;
  std::stop_callback<std::function<void()>> a_;
  std::stop_callback<std::function<void()>> b_;
};

}  // namespace wikiflow::app
