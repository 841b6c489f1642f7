// "Did you mean": the known name nearest to a mistyped one.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wikiflow::config {

// How many letters must be added, removed, changed or swapped with their neighbour to make `a` into `b`,
// without regard to case. Names longer than 64 bytes are cut.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `name`, or nullopt when none is within a third of its length. The first of equals
// wins.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates);

// " (did you mean X?)", or nothing.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

}  // namespace wikiflow::config
