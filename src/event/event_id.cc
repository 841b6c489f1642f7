#include "event/event_id.h"

#include <openssl/evp.h>

#include <algorithm>

namespace wikiflow {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

constexpr bool hyphen_at(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

constexpr std::array<std::int8_t, 256> kHexValue = [] {
  std::array<std::int8_t, 256> value{};
  value.fill(-1);
  for (std::size_t d = 0; d < 10; ++d) value.at('0' + d) = static_cast<std::int8_t>(d);
  for (std::size_t d = 0; d < 6; ++d) {
    value.at('a' + d) = static_cast<std::int8_t>(10 + d);
    value.at('A' + d) = static_cast<std::int8_t>(10 + d);
  }
  return value;
}();

int hex_value(char c) { return kHexValue[static_cast<unsigned char>(c)]; }

EventId derive(char kind, std::string_view input) {
  std::string text;
  text.reserve(input.size() + 1);
  text.push_back(kind);
  text.append(input);
  std::array<unsigned char, 32> digest{};
  unsigned length = digest.size();
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
  EventId id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0FU) | 0x80U);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3FU) | 0x80U);
  return id;
}

}  // namespace

char* EventId::write(char* at) const {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
    const std::uint8_t byte = bytes[i];
    *at++ = kHexDigits[byte >> 4U];
    *at++ = kHexDigits[byte & 0xFU];
  }
  return at;
}

std::string EventId::to_string() const {
  std::string text(kTextBytes, '\0');
  write(text.data());
  return text;
}

std::optional<EventId> EventId::from_raw(std::string_view sixteen_bytes) {
  EventId id;
  if (sixteen_bytes.size() != id.bytes.size()) return std::nullopt;
  std::memcpy(id.bytes.data(), sixteen_bytes.data(), id.bytes.size());
  return id;
}

std::optional<EventId> EventId::parse_uuid(std::string_view text) {
  if (text.size() != EventId::kTextBytes) return std::nullopt;
  EventId id;
  std::size_t at = 0;
  int bad = 0;
  for (std::uint8_t& byte : id.bytes) {
    if (hyphen_at(at) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    bad |= high | low;
    byte = static_cast<std::uint8_t>((high << 4) | low);
    at += 2;
  }
  if (bad < 0) return std::nullopt;
  return id;
}

EventId EventId::derive_from_origin(std::string_view topic, std::int64_t partition, std::int64_t offset) {
  std::string origin(topic);
  origin += '/' + std::to_string(partition) + '/' + std::to_string(offset);
  return derive('o', origin);
}

EventId EventId::derive_from_bytes(std::string_view event) { return derive('b', event); }

}  // namespace wikiflow
