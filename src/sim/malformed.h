// Frame data that a client must survive and not count.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace wikiflow::sim {

// Appends one line that is no change: cut JSON, something else than an object, a change without a title or a
// domain, bytes that are not UTF-8, and the like. `draw` picks the kind; `n` makes the lines differ.
void append_malformed(std::uint64_t draw, std::uint64_t n, std::string& out);
std::size_t malformed_kinds();

// Appends an event of `size` bytes (at least a few hundred), valid but for its length.
void append_oversized(std::size_t size, std::uint64_t n, std::string& out);

}  // namespace wikiflow::sim
