// The target of a request, as it stands in the request line, taken apart.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace wikiflow::serve {

struct Target {
  std::string path;                                        // decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
};

// Takes the origin form ("/stats?limit=3") and the absolute form that proxies send. '+' in the query is a
// blank. Error: bad_input for anything else, and for a '%' that two hex digits do not follow.
Result<Target> parse_target(std::string_view text);

}  // namespace wikiflow::serve
