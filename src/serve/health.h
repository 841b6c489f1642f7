// Whether the program lives, whether it is ready, and why not: /livez, /readyz, and the other routes that
// every program has.
//
// Ready means that every check says so and nobody has asked the program to stop. A check may have something
// to say even while it is fine, such as that a sample is being served instead of the live stream.
//
// Threads: any. Checks run on the socket thread, one request at a time; they must not block.

#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "serve/server.h"

namespace wikiflow::serve {

struct CheckResult {
  bool ok = true;
  std::string reason = {};  // why not; or a remark
};

class Health {
 public:
  using Check = std::function<CheckResult()>;

  // Checks are shown in the order they were added. Adding a name again replaces its check.
  void add(const std::string& name, Check check);
  // For checks that have nothing to say while they are fine: the reason why not, or nothing.
  void add(const std::string& name, std::function<std::optional<std::string>()> trouble);

  // From now on /readyz answers 503, so that a load balancer looks elsewhere while the last answers go out.
  void stopping();

  // {"ready":false,"stopping":false,"checks":{"broker":{"ok":false,"reason":"..."}}}; 200 when ready, else
  // 503.
  Response readyz() const;

 private:
  mutable std::mutex mutex_;
  bool stopping_ = false;
  std::vector<std::pair<std::string, Check>> checks_;
};

struct About {
  std::string program;                                         // "consumer"
  std::vector<std::pair<std::string, std::string>> more = {};  // for /version: {"librdkafka", "2.15.1"}
};

// /livez, /readyz, /version and /metrics; and / leading to /stats when `routes` has that. Appended to
// `routes`. `health` and `metrics` are not owned and outlive the server.
std::vector<Route> with_common_routes(std::vector<Route> routes, const Health& health, const Metrics& metrics,
                                      const About& about);

}  // namespace wikiflow::serve
