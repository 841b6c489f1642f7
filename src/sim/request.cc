#include "sim/request.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace wikiflow::sim {
namespace {

constexpr std::array<std::string_view, 18> kDefaults{
    "python-requests", "python-urllib", "python-httpx",   "python/", "aiohttp",     "curl/",
    "libcurl",         "wget/",         "go-http-client", "java/",   "okhttp",      "apache-httpclient",
    "axios/",          "node-fetch",    "node",           "undici",  "libwww-perl", "ruby"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_with(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() && std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                                                        [](char a, char b) { return a == lower(b); });
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// A plus stays a plus: times have one before their zone.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

std::optional<std::string> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (percent_decoded(pair.substr(0, equals)) != name) continue;
    return percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

}  // namespace

bool is_default_user_agent(std::string_view user_agent) {
  return user_agent.empty() || std::any_of(kDefaults.begin(), kDefaults.end(), [&](std::string_view name) {
           return begins_with(user_agent, name);
         });
}

tl::expected<Wanted, Refusal> read_request(const Request& request, bool any_user_agent) {
  const std::size_t path_end = std::min(request.target.find('?'), request.target.size());
  const std::string_view path = request.target.substr(0, path_end);
  Wanted wanted;
  if (path == kStatusPath) wanted.route = Route::status;
  if (path != kStatusPath && path != kStreamPath) {
    return tl::make_unexpected(Refusal{404, "no such stream: " + sanitize_utf8(path.substr(0, 200))});
  }
  if (request.method != "GET") return tl::make_unexpected(Refusal{405, "only GET is answered here"});
  if (wanted.route == Route::status) return wanted;
  if (!any_user_agent && is_default_user_agent(request.user_agent)) {
    return tl::make_unexpected(
        Refusal{403, "set a User-Agent that says who you are, as in: name/version (url; contact)"});
  }
  if (path_end < request.target.size())
    wanted.since = parameter(request.target.substr(path_end + 1), "since");
  return wanted;
}

}  // namespace wikiflow::sim
