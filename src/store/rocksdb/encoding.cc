#include "store/rocksdb/encoding.h"

#include <charconv>

#include "base/bytes.h"

namespace wikiflow::store {
namespace {

// Takes a line off `text`, without its end.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

template <typename T>
bool parse(std::string_view text, T& number) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && rest == text.data() + text.size();
}

template <typename T>
bool take(std::string_view& text, T& number) {
  const auto line = take_line(text);
  return line && parse(*line, number);
}

}  // namespace

std::string block_key(char kind, std::uint32_t block) {
  std::string key(1, kind);
  append_big_endian(block, key);
  return key;
}

std::string encode(const Identity& identity) {
  std::string text;
  text += std::to_string(identity.partitions) + '\n';
  text += std::to_string(identity.dedupe_window) + '\n';
  text += std::to_string(identity.counting_version) + '\n';
  text += identity.generation + '\n';
  text += identity.topic + '\n';
  return text;
}

std::optional<Identity> decode_identity(std::string_view text) {
  Identity identity;
  if (!take(text, identity.partitions) || !take(text, identity.dedupe_window) ||
      !take(text, identity.counting_version)) {
    return std::nullopt;
  }
  const auto generation = take_line(text);
  if (!generation || !text.ends_with('\n')) return std::nullopt;
  identity.generation = *generation;
  identity.topic = text.substr(0, text.size() - 1);
  return identity;
}

std::string encode(const Checkpoint& checkpoint) {
  std::string text;
  text += std::to_string(checkpoint.next.value) + '\n';
  text += std::to_string(checkpoint.leader_epoch) + '\n';
  text += std::to_string(checkpoint.last_record) + '\n';
  text += std::to_string(checkpoint.counted) + '\n';
  text += std::string(checkpoint.exact ? "1" : "0") + '\n';
  text += (checkpoint.since ? std::to_string(unix_ms(*checkpoint.since)) : std::string("-")) + '\n';
  return text;
}

std::optional<Checkpoint> decode_checkpoint(std::string_view text) {
  Checkpoint checkpoint;
  int exact = 0;
  if (!take(text, checkpoint.next.value) || !take(text, checkpoint.leader_epoch) ||
      !take(text, checkpoint.last_record) || !take(text, checkpoint.counted) || !take(text, exact)) {
    return std::nullopt;
  }
  checkpoint.exact = exact == 1;
  const auto since = take_line(text);
  if (!since || !text.empty()) return std::nullopt;
  if (*since == "-") return checkpoint;
  std::int64_t ms = 0;
  if (!parse(*since, ms)) return std::nullopt;
  checkpoint.since = from_unix_ms(ms);
  return checkpoint;
}

std::string checkpoint_key(Partition partition) {
  return std::string(kCheckpointPrefix) + std::to_string(partition.number);
}

std::optional<Partition> decode_checkpoint_key(std::string_view key) {
  Partition partition;
  if (!key.starts_with(kCheckpointPrefix)) return std::nullopt;
  if (!parse(key.substr(kCheckpointPrefix.size()), partition.number)) return std::nullopt;
  return partition;
}

}  // namespace wikiflow::store
