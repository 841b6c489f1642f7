// What makes a change the same change: 16 bytes.
//
// An EventStreams event carries a UUID in `meta.id`; its 16 bytes are the id. An event without one gets a
// derived id: the first 16 bytes of SHA-256 over a kind byte and either its `meta.topic/partition/offset` or
// its own bytes. A derived id has the UUID version nibble 8 (RFC 9562, "custom"), so it is never taken for a
// source's own.

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wikiflow {

struct EventId {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const EventId&) const = default;
  // Two words; the array's own is a call of memcmp.
  bool operator==(const EventId& other) const noexcept {
    std::array<std::uint64_t, 2> a{};
    std::array<std::uint64_t, 2> b{};
    std::memcpy(a.data(), bytes.data(), sizeof a);
    std::memcpy(b.data(), other.bytes.data(), sizeof b);
    return ((a[0] ^ b[0]) | (a[1] ^ b[1])) == 0;
  }

  // The 16 raw bytes, as they stand in the record header. Valid as long as this object.
  std::string_view raw() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

  // Lower case, with hyphens: 36 characters.
  std::string to_string() const;

  // Writes the same at `at`, where there must be room; returns where it ends.
  static constexpr std::size_t kTextBytes = 36;
  char* write(char* at) const;

  static std::optional<EventId> from_raw(std::string_view sixteen_bytes);

  // Reads 8-4-4-4-12 hexadecimal digits of either case; nullopt for anything else.
  static std::optional<EventId> parse_uuid(std::string_view text);

  static EventId derive_from_origin(std::string_view topic, std::int64_t partition, std::int64_t offset);
  static EventId derive_from_bytes(std::string_view event);
};

// UUIDs are random, so eight of their bytes are a hash; the multiplication spreads those that are not
// (version 1).
struct EventIdHash {
  std::size_t operator()(const EventId& id) const noexcept {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::memcpy(&low, id.bytes.data(), 8);
    std::memcpy(&high, id.bytes.data() + 8, 8);
    return static_cast<std::size_t>((low ^ (high * 0x9E3779B97F4A7C15U)) * 0xD6E8FEB86659FD93U);
  }
};

}  // namespace wikiflow
