#include "event/record_header.h"

namespace wikiflow {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kIdBytes = sizeof(EventId);

// Takes a part off `rest` that stands behind its length of `length_bytes`.
std::optional<std::string_view> take(std::string_view& rest, std::size_t length_bytes) {
  if (rest.size() < length_bytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) length = length << 8U | static_cast<unsigned char>(rest[i]);
  rest.remove_prefix(length_bytes);
  if (rest.size() < length) return std::nullopt;
  const std::string_view part = rest.substr(0, length);
  rest.remove_prefix(length);
  return part;
}

}  // namespace

void RecordHeader::encode(std::string& out) const {
  out.clear();
  out.reserve(1 + kIdBytes + 1 + source.size() + 2 + position.size() + interval.size());
  out += kVersion;
  out += id.raw();
  out += static_cast<char>(source.size());
  out += source;
  out += static_cast<char>(position.size() >> 8U);
  out += static_cast<char>(position.size() & 0xFFU);
  out += position;
  out += interval;
}

std::optional<RecordHeader> RecordHeader::decode(std::string_view value) {
  const auto id = id_of(value);
  if (!id) return std::nullopt;
  value.remove_prefix(1 + kIdBytes);
  const auto source = take(value, 1);
  const auto position = source ? take(value, 2) : std::nullopt;
  if (!position) return std::nullopt;
  return RecordHeader{.id = *id, .source = *source, .position = *position, .interval = value};
}

std::optional<EventId> RecordHeader::id_of(std::string_view value) {
  if (value.size() < 1 + kIdBytes || value.front() != kVersion) return std::nullopt;
  return EventId::from_raw(value.substr(1, kIdBytes));
}

}  // namespace wikiflow
