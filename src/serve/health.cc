#include "serve/health.h"

#include <algorithm>

#include "base/utf8.h"
#include "version.h"

namespace wikiflow::serve {
namespace {

void append_string(std::string_view text, std::string& out) {
  out.push_back('"');
  append_json_escaped(text, out);
  out.push_back('"');
}

const char* boolean(bool value) { return value ? "true" : "false"; }

Response livez(const Request& /*request*/) {
  static const auto body = std::make_shared<const std::string>("{\"alive\":true}\n");
  Response response;
  response.body = body;
  return response;
}

Response to_stats(const Request& /*request*/) {
  Response response;
  response.status = 302;
  response.headers.emplace_back("Location", "/stats");
  return response;
}

std::string version_json(const About& about) {
  std::string out = "{\"program\":";
  append_string(about.program, out);
  out += ",\"version\":";
  append_string(WIKIFLOW_VERSION, out);
  for (const auto& [name, value] : about.more) {
    out.push_back(',');
    append_string(name, out);
    out.push_back(':');
    append_string(value, out);
  }
  return out + "}\n";
}

// OpenMetrics for who names it among what is accepted, as Prometheus does.
Response exposition(const Metrics& metrics, const Request& request) {
  const bool open = request.accept.find("application/openmetrics-text") != std::string_view::npos;
  auto response = json(open ? metrics.open_metrics() : metrics.exposition());
  response.content_type = open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                               : "text/plain; version=0.0.4; charset=utf-8";
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

}  // namespace

void Health::add(const std::string& name, Check check) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(checks_, name, &std::pair<std::string, Check>::first);
  if (found != checks_.end()) {
    found->second = std::move(check);
  } else {
    checks_.emplace_back(name, std::move(check));
  }
}

void Health::add(const std::string& name, std::function<std::optional<std::string>()> trouble) {
  add(name, Check([trouble = std::move(trouble)] {
        auto reason = trouble();
        return CheckResult{.ok = !reason, .reason = reason.value_or("")};
      }));
}

void Health::stopping() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
}

Response Health::readyz() const {
  std::vector<std::pair<std::string, Check>> checks;
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    checks = checks_;
    stopping = stopping_;
  }
  bool ready = !stopping;
  std::string shown;
  for (const auto& [name, check] : checks) {
    const auto result = check();
    ready = ready && result.ok;
    if (!shown.empty()) shown.push_back(',');
    append_string(name, shown);
    shown += std::string(":{\"ok\":") + boolean(result.ok);
    if (!result.reason.empty()) {
      shown += ",\"reason\":";
      append_string(result.reason, shown);
    }
    shown.push_back('}');
  }
  return json(std::string("{\"ready\":") + boolean(ready) + ",\"stopping\":" + boolean(stopping) +
                  ",\"checks\":{" + shown + "}}\n",
              ready ? 200 : 503);
}

std::vector<Route> with_common_routes(std::vector<Route> routes, const Health& health, const Metrics& metrics,
                                      const About& about) {
  const bool has_stats = std::ranges::find(routes, "/stats", &Route::path) != routes.end();
  if (has_stats) routes.push_back({.path = "/", .get = to_stats, .quick = true});
  routes.push_back({.path = "/livez", .get = livez, .quick = true});
  routes.push_back(
      {.path = "/readyz", .get = [&health](const Request&) { return health.readyz(); }, .quick = true});
  const auto version = std::make_shared<const std::string>(version_json(about));
  routes.push_back({.path = "/version",
                    .get =
                        [version](const Request&) {
                          Response response;
                          response.body = version;
                          return response;
                        },
                    .quick = true});
  routes.push_back({.path = "/metrics",
                    .get = [&metrics](const Request& request) { return exposition(metrics, request); }});
  return routes;
}

}  // namespace wikiflow::serve
