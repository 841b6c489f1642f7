// Counts as tests compare them.

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "count/counts.h"

namespace wikiflow::store {

using CountMap = std::map<std::string, std::uint64_t>;

inline CountMap as_map(const count::CountsView& view) {
  CountMap map;
  for (std::size_t i = 0; i < view.size(); ++i) map[std::string(view[i].key)] = view[i].count;
  return map;
}

}  // namespace wikiflow::store
