// What a request asks for, before anybody looks at the log.
//
// Threads: none of its own.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/resume.h"

namespace wikiflow::sim {

inline constexpr std::string_view kStreamPath = "/v2/stream/recentchange";
inline constexpr std::string_view kStatusPath = "/sim/status";

struct Request {
  std::string_view method;
  std::string_view target;  // as it came, with the query
  std::string_view user_agent;
  std::string_view last_event_id;
};

enum class Route { stream, status };

struct Wanted {
  Route route = Route::stream;
  std::optional<std::string> since;  // decoded
};

// Refuses another method (405), another path (404) and, on the stream, a User-Agent that says nothing (403).
tl::expected<Wanted, Refusal> read_request(const Request& request, bool any_user_agent);

// True for none and for what a library or tool sends when nobody told it a name.
bool is_default_user_agent(std::string_view user_agent);

}  // namespace wikiflow::sim
