#include "base/utf8.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wikiflow {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length of the well-formed sequence at the front of `text`, or 0.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : std::uint8_t{0};
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned b0 = byte(0);
  if (b0 < 0x80) return 1;
  if (b0 >= 0xC2 && b0 <= 0xDF) return tail(1) ? 2 : 0;
  if (b0 >= 0xE0 && b0 <= 0xEF) {
    const unsigned low = b0 == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = b0 == 0xED ? 0x9F : 0xBF;
    return byte(1) >= low && byte(1) <= high && tail(2) ? 3 : 0;
  }
  if (b0 >= 0xF0 && b0 <= 0xF4) {
    const unsigned low = b0 == 0xF0 ? 0x90 : 0x80;
    const unsigned high = b0 == 0xF4 ? 0x8F : 0xBF;
    return byte(1) >= low && byte(1) <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

constexpr std::uint64_t in_each_byte(std::uint64_t byte) { return byte * 0x0101010101010101U; }
constexpr std::uint64_t kHighBits = in_each_byte(0x80);

// The high bit of the first byte of `word` that is less than `limit` is set; those behind it may be, too.
constexpr std::uint64_t less_than(std::uint64_t word, std::uint64_t limit) {
  return (word - in_each_byte(limit)) & ~word & kHighBits;
}

// How many bytes from the first of these eight go into a JSON string as they are: ASCII, no control
// characters, no quote, no backslash.
std::size_t plain_bytes(std::uint64_t word) {
  const std::uint64_t other =
      (word & kHighBits) | less_than(word, 0x20) | less_than(word ^ in_each_byte('"'), 1) |
      less_than(word ^ in_each_byte('\\'), 1) | less_than(word ^ in_each_byte(0x7f), 1);
  return static_cast<std::size_t>(std::countr_zero(other)) / 8;
}

// The first eight bytes of `text`, the first of them lowest; zeroes beyond its end. `begin`: where the whole
// text does that `text` is the rest of.
std::uint64_t next_eight(const char* begin, std::string_view text) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::uint64_t word = 0;
  if (text.size() >= kWord) {
    std::memcpy(&word, text.data(), kWord);  // little endian, like every machine this is built for
  } else if (const char* const end = text.data() + text.size();
             static_cast<std::size_t>(end - begin) >= kWord) {
    std::memcpy(&word, end - kWord, kWord);
    word >>= 8 * (kWord - text.size());
  } else {
    for (std::size_t i = text.size(); i-- > 0;) word = word << 8U | static_cast<unsigned char>(text[i]);
  }
  return word;
}

char* put(std::string_view text, char* at) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* put_escape(unsigned char c, char* at) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      return put("\\\"", at);
    case '\\':
      return put("\\\\", at);
    case '\n':
      return put("\\n", at);
    case '\r':
      return put("\\r", at);
    case '\t':
      return put("\\t", at);
    default:
      at = put("\\u00", at);
      *at++ = kHex[c >> 4U];
      *at++ = kHex[c & 0xFU];
      return at;
  }
}

}  // namespace

std::string sanitize_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t n = sequence_length(text);
    out += n == 0 ? kReplacement : text.substr(0, n);
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

char* write_json_escaped(std::string_view text, char* at) {
  const char* const begin = text.data();
  while (!text.empty()) {
    const std::uint64_t word = next_eight(begin, text);
    std::memcpy(at, &word, sizeof word);
    const std::size_t plain = plain_bytes(word);
    at += plain;
    text.remove_prefix(plain);
    if (plain == sizeof word || text.empty()) continue;
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      at = put_escape(static_cast<unsigned char>(text.front()), at);
      text.remove_prefix(1);
      continue;
    }
    do {
      const std::size_t length = sequence_length(text);
      at = put(length == 0 ? kReplacement : text.substr(0, length), at);
      text.remove_prefix(std::max<std::size_t>(length, 1));
    } while (!text.empty() && static_cast<unsigned char>(text.front()) >= 0x80);
  }
  return at;
}

void append_json_escaped(std::string_view text, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + json_escaped_room(text.size()));
  const char* const end = write_json_escaped(text, out.data() + before);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace wikiflow
