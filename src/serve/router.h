// Finds the route for a request, or says in a problem document why there is none.
//
// Threads: any, once it is made.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "serve/server.h"
#include "serve/server_metrics.h"
#include "serve/target.h"

namespace wikiflow::serve {

class Router {
 public:
  struct Entry {
    Route route;
    RouteMetrics metrics;
  };

  Router(std::vector<Route> routes, Metrics& metrics);

  // The entry that answers, or the problem: 404, 405, 400. Entries live as long as the router.
  std::variant<const Entry*, Response> find(std::string_view method, const Target& target) const;

  // Where requests without a route are counted.
  const RouteMetrics& unrouted() const { return unrouted_; }

 private:
  std::map<std::string, Entry, std::less<>> entries_;
  RouteMetrics unrouted_;
};

}  // namespace wikiflow::serve
