#include "topic/local/chunk.h"

#include <cstring>

#include "base/bytes.h"

namespace wikiflow::topic::local {
std::string encode(const ChunkKey& key) {
  std::string out;
  append_big_endian(key.topic, out);
  append_big_endian(static_cast<std::uint32_t>(key.partition.number), out);
  append_big_endian(static_cast<std::uint64_t>(key.first.value), out);
  return out;
}

std::optional<ChunkKey> decode_key(std::string_view bytes) {
  if (bytes.size() != 16) return std::nullopt;
  ChunkKey key;
  key.topic = take_big_endian<std::uint32_t>(bytes);
  key.partition.number = static_cast<std::int32_t>(take_big_endian<std::uint32_t>(bytes));
  key.first.value = static_cast<std::int64_t>(take_big_endian<std::uint64_t>(bytes));
  return key;
}

std::size_t record_size(const OutRecord& record) {
  std::size_t size = 8 + record.key.size() + record.value.size() + 3 * kMostNumberBytes;
  for (const Header& header : record.headers)
    size += header.name.size() + header.value.size() + 2 * kMostNumberBytes;
  return size;
}

void append_record(Millis time, const OutRecord& record, std::string& out) {
  append_big_endian(static_cast<std::uint64_t>(unix_ms(time)), out);
  append_text(record.key, out);
  append_text(record.value, out);
  append_number(record.headers.size(), out);
  for (const Header& header : record.headers) {
    append_text(header.name, out);
    append_text(header.value, out);
  }
}

std::optional<StoredRecord> take_record(std::string_view& chunk) {
  if (chunk.size() < 8) return std::nullopt;
  std::string_view rest = chunk;
  StoredRecord record;
  record.time = from_unix_ms(static_cast<std::int64_t>(take_big_endian<std::uint64_t>(rest)));
  const auto key = take_text(rest);
  const auto value = key ? take_text(rest) : std::nullopt;
  const std::string_view headers = rest;
  const auto count = value ? take_number(rest) : std::nullopt;
  if (!count) return std::nullopt;
  for (std::size_t i = 0; i < *count; ++i) {
    if (!take_text(rest) || !take_text(rest)) return std::nullopt;
  }
  record.key = *key;
  record.value = *value;
  record.headers = headers.substr(0, headers.size() - rest.size());
  chunk = rest;
  return record;
}

std::optional<std::string_view> find_header(std::string_view headers, std::string_view name) {
  std::optional<std::string_view> found;
  const auto count = take_number(headers);
  for (std::size_t i = 0; count && i < *count; ++i) {
    const auto this_name = take_text(headers);
    const auto value = this_name ? take_text(headers) : std::nullopt;
    if (!value) return found;
    if (*this_name == name) found = value;
  }
  return found;
}

std::vector<std::pair<std::string, std::string>> all_headers(std::string_view headers) {
  std::vector<std::pair<std::string, std::string>> all;
  const auto count = take_number(headers);
  for (std::size_t i = 0; count && i < *count; ++i) {
    const auto name = take_text(headers);
    const auto value = name ? take_text(headers) : std::nullopt;
    if (!value) break;
    all.emplace_back(*name, *value);
  }
  return all;
}

}  // namespace wikiflow::topic::local
