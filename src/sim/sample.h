// The sample that is built into the program: about 2,000 real events, one a line (tools/make_sample.py).

#pragma once

#include <string_view>

namespace wikiflow::sim {

// As long as the process lives.
std::string_view bundled_sample();

}  // namespace wikiflow::sim
