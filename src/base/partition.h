// Where a record stands in a topic: the two numbers that all layers above talk in.

#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace wikiflow {

// In place of what tells a topic from another of its name, where a broker does not say.
inline constexpr std::string_view kUnknownGeneration = "unknown";

struct Partition {
  std::int32_t number = 0;
  auto operator<=>(const Partition&) const = default;
};

// Position of a record in its partition, from 0.
struct Offset {
  std::int64_t value = 0;
  auto operator<=>(const Offset&) const = default;
};

}  // namespace wikiflow
