#include "serve/router.h"

#include <algorithm>

namespace wikiflow::serve {
namespace {

std::string known_parameters(const Route& route) {
  if (route.parameters.empty()) return route.path + " takes none";
  std::string names;
  for (const auto& name : route.parameters) names += (names.empty() ? "" : ", ") + name;
  return route.path + " takes " + names;
}

}  // namespace

Router::Router(std::vector<Route> routes, Metrics& metrics) : unrouted_(metrics, "none") {
  for (auto& route : routes) {
    auto path = route.path;
    RouteMetrics counted(metrics, path);
    entries_.insert_or_assign(std::move(path), Entry{std::move(route), counted});
  }
}

std::variant<const Router::Entry*, Response> Router::find(std::string_view method,
                                                          const Target& target) const {
  const auto found = entries_.find(target.path);
  if (found == entries_.end()) return problem(404, "there is nothing at " + target.path);
  if (method != "GET" && method != "HEAD") {
    auto response = problem(405, target.path + " answers GET and HEAD, not " + std::string(method));
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  const Route& route = found->second.route;
  for (const auto& [name, value] : target.query) {
    if (std::ranges::find(route.parameters, name) == route.parameters.end()) {
      return problem(400, "unknown parameter '" + name + "'; " + known_parameters(route));
    }
  }
  return &found->second;
}

}  // namespace wikiflow::serve
