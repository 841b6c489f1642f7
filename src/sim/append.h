// Putting numbers and ids into text, as fast as copying them.

#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace wikiflow::sim {

inline void append_number(std::int64_t value, std::string& out) {
  const fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
}

// A UUID of version 4 (random) with these bits.
inline void append_uuid(std::uint64_t high, std::uint64_t low, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  high = (high & 0xFFFFFFFFFFFF0FFFU) | 0x4000U;
  low = (low & 0x3FFFFFFFFFFFFFFFU) | 0x8000000000000000U;
  const auto put = [&](std::uint64_t bits, int first, int last) {
    for (int shift = first; shift >= last; shift -= 4)
      out.push_back(kHex[(bits >> static_cast<unsigned>(shift)) & 0xFU]);
  };
  put(high, 60, 32);
  out.push_back('-');
  put(high, 28, 16);
  out.push_back('-');
  put(high, 12, 0);
  out.push_back('-');
  put(low, 60, 48);
  out.push_back('-');
  put(low, 44, 0);
}

}  // namespace wikiflow::sim
