#include "topic/local/chunk.h"

#include <cstring>

namespace wikiflow::topic::local {
namespace {

template <typename T>
void append_big_endian(T value, std::string& out) {
  for (int shift = (sizeof(T) - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xffU));
  }
}

template <typename T>
T take_big_endian(std::string_view& bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value << 8U) | static_cast<unsigned char>(bytes[i]);
  }
  bytes.remove_prefix(sizeof(T));
  return value;
}

void append_length(std::size_t length, std::string& out) {
  while (length >= 0x80) {
    out.push_back(static_cast<char>((length & 0x7fU) | 0x80U));
    length >>= 7U;
  }
  out.push_back(static_cast<char>(length));
}

std::optional<std::size_t> take_length(std::string_view& bytes) {
  std::size_t length = 0;
  for (unsigned shift = 0; shift < 63 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    length |= static_cast<std::size_t>(byte & 0x7fU) << shift;
    if (byte < 0x80) return length;
  }
  return std::nullopt;
}

void append_bytes(std::string_view text, std::string& out) {
  append_length(text.size(), out);
  out.append(text);
}

std::optional<std::string_view> take_bytes(std::string_view& bytes) {
  const auto length = take_length(bytes);
  if (!length || *length > bytes.size()) return std::nullopt;
  const auto text = bytes.substr(0, *length);
  bytes.remove_prefix(*length);
  return text;
}

constexpr std::size_t kMostLength = 10;  // bytes of an encoded length

}  // namespace

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
  std::size_t size = 8 + record.key.size() + record.value.size() + 3 * kMostLength;
  for (const Header& header : record.headers)
    size += header.name.size() + header.value.size() + 2 * kMostLength;
  return size;
}

void append_record(Millis time, const OutRecord& record, std::string& out) {
  append_big_endian(static_cast<std::uint64_t>(unix_ms(time)), out);
  append_bytes(record.key, out);
  append_bytes(record.value, out);
  append_length(record.headers.size(), out);
  for (const Header& header : record.headers) {
    append_bytes(header.name, out);
    append_bytes(header.value, out);
  }
}

std::optional<StoredRecord> take_record(std::string_view& chunk) {
  if (chunk.size() < 8) return std::nullopt;
  std::string_view rest = chunk;
  StoredRecord record;
  record.time = from_unix_ms(static_cast<std::int64_t>(take_big_endian<std::uint64_t>(rest)));
  const auto key = take_bytes(rest);
  const auto value = key ? take_bytes(rest) : std::nullopt;
  const std::string_view headers = rest;
  const auto count = value ? take_length(rest) : std::nullopt;
  if (!count) return std::nullopt;
  for (std::size_t i = 0; i < *count; ++i) {
    if (!take_bytes(rest) || !take_bytes(rest)) return std::nullopt;
  }
  record.key = *key;
  record.value = *value;
  record.headers = headers.substr(0, headers.size() - rest.size());
  chunk = rest;
  return record;
}

std::optional<std::string_view> find_header(std::string_view headers, std::string_view name) {
  std::optional<std::string_view> found;
  const auto count = take_length(headers);
  for (std::size_t i = 0; count && i < *count; ++i) {
    const auto this_name = take_bytes(headers);
    const auto value = this_name ? take_bytes(headers) : std::nullopt;
    if (!value) return found;
    if (*this_name == name) found = value;
  }
  return found;
}

std::vector<std::pair<std::string, std::string>> all_headers(std::string_view headers) {
  std::vector<std::pair<std::string, std::string>> all;
  const auto count = take_length(headers);
  for (std::size_t i = 0; count && i < *count; ++i) {
    const auto name = take_bytes(headers);
    const auto value = name ? take_bytes(headers) : std::nullopt;
    if (!value) break;
    all.emplace_back(*name, *value);
  }
  return all;
}

}  // namespace wikiflow::topic::local
