// Numbers and texts as bytes one after the other, as they lie in files of ours.
//
// Numbers are in LEB128 (seven bits a byte, low ones first, the top bit says that more follow) or, where
// their order as bytes has to be that of the numbers, of fixed width with the big end first. A text stands
// behind its length.
//
// Threads: none of its own.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wikiflow {

constexpr std::size_t kMostNumberBytes = 10;  // of a number in LEB128

template <typename T>
void append_big_endian(T value, std::string& out) {
  for (int shift = (sizeof(T) - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xffU));
  }
}

// There must be as many bytes.
template <typename T>
T take_big_endian(std::string_view& bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value << 8U) | static_cast<unsigned char>(bytes[i]);
  }
  bytes.remove_prefix(sizeof(T));
  return value;
}

inline void append_number(std::uint64_t number, std::string& out) {
  for (; number >= 0x80U; number >>= 7U) out.push_back(static_cast<char>((number & 0x7fU) | 0x80U));
  out.push_back(static_cast<char>(number));
}

// nullopt when the bytes are damaged or end too early.
inline std::optional<std::uint64_t> take_number(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 7 * kMostNumberBytes && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80U) return number;
  }
  return std::nullopt;
}

inline void append_text(std::string_view text, std::string& out) {
  append_number(text.size(), out);
  out.append(text);
}

inline std::optional<std::string_view> take_text(std::string_view& bytes) {
  const auto size = take_number(bytes);
  if (!size || *size > bytes.size()) return std::nullopt;
  const auto text = bytes.substr(0, *size);
  bytes.remove_prefix(*size);
  return text;
}

}  // namespace wikiflow
