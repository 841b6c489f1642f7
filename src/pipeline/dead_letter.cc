#include "pipeline/dead_letter.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"

namespace wikiflow::pipeline {
namespace {

constexpr std::string_view kId = "wikiflow-dead-id";
constexpr std::string_view kReason = "wikiflow-dead-reason";
constexpr std::string_view kWhy = "wikiflow-dead-why";
constexpr std::string_view kOrigin = "wikiflow-dead-origin";
constexpr std::string_view kTime = "wikiflow-dead-time";
constexpr std::string_view kBy = "wikiflow-dead-by";
constexpr std::string_view kSize = "wikiflow-dead-size";
constexpr std::string_view kSha256 = "wikiflow-dead-sha256";
constexpr std::string_view kRedriven = "wikiflow-dead-redriven";
constexpr std::string_view kBegun = "wikiflow-dead-redrive-begun";
constexpr std::string_view kEnded = "wikiflow-dead-redrive-ended";

constexpr std::array<std::pair<DeadReason, std::string_view>, 4> kReasons{
    {{DeadReason::malformed, "malformed"},
     {DeadReason::oversized, "oversized"},
     {DeadReason::refused, "refused"},
     {DeadReason::undecodable, "undecodable"}}};

std::string sha256_of(std::string_view bytes) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::array<unsigned char, 32> digest{};
  unsigned length = digest.size();
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  std::string text;
  for (const unsigned char byte : digest) {
    text.push_back(kHexDigits[byte >> 4U]);
    text.push_back(kHexDigits[byte & 0xFU]);
  }
  return text;
}

std::string words(std::string_view text) { return sanitize_utf8(text.substr(0, DeadLetter::kWordsBytes)); }

DeadLetter letter(DeadReason reason, std::string_view why, std::string_view bytes) {
  DeadLetter made;
  made.reason = reason;
  made.why = words(why);
  made.value = bytes.substr(0, DeadLetter::kKeptBytes);
  made.size = bytes.size();
  if (bytes.size() > made.value.size()) made.sha256 = sha256_of(bytes);
  return made;
}

std::optional<EventId> read_id(const topic::Batch& batch, const topic::Record& record,
                               std::string_view name) {
  const auto text = batch.header(record, name);
  return text ? EventId::parse_uuid(*text) : std::nullopt;
}

// "0:1200 1:1187"; what cannot be read is left out, as a partition of which nothing is known.
std::map<Partition, Offset> read_ends(std::string_view text) {
  std::map<Partition, Offset> ends;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    Partition partition;
    Offset end;
    const char* const last = one.data() + one.size();
    const auto [colon, error] = std::from_chars(one.data(), last, partition.number);
    if (error != std::errc{} || colon == last || *colon != ':') continue;
    if (std::from_chars(colon + 1, last, end.value).ec == std::errc{}) ends[partition] = end;
  }
  return ends;
}

}  // namespace

std::string_view to_string(DeadReason reason) {
  for (const auto& [known, name] : kReasons) {
    if (known == reason) return name;
  }
  return "unknown";
}

std::optional<DeadReason> parse_dead_reason(std::string_view text) {
  for (const auto& [known, name] : kReasons) {
    if (name == text) return known;
  }
  return std::nullopt;
}

// Of an oversized event the beginning decides, for how much of the rest is seen depends on when a connection
// is cut.
DeadLetter dead_event(const source::Refused& refused) {
  auto made =
      letter(refused.oversized ? DeadReason::oversized : DeadReason::malformed, refused.why, refused.data);
  if (refused.oversized) made.sha256.clear();
  made.size = std::max<std::uint64_t>(refused.bytes, made.value.size());
  made.id = EventId::derive_from_bytes(refused.oversized ? std::string_view(made.value) : refused.data);
  made.origin = refused.id.empty() ? "event sha256:" + sha256_of(refused.data)
                                   : words("event " + std::string(refused.id));
  return made;
}

DeadLetter dead_change(std::string_view topic, std::string_view value, std::string_view why) {
  auto made = letter(DeadReason::refused, why, value);
  made.id = EventId::derive_from_bytes(value);
  made.origin = words("record for " + std::string(topic) + " sha256:" + sha256_of(value));
  return made;
}

DeadLetter dead_record(std::string_view topic, std::string_view generation, Partition partition,
                       const topic::Record& record, std::string_view why) {
  auto made = letter(DeadReason::undecodable, why, record.value);
  std::string origin(topic);
  made.id = EventId::derive_from_origin(origin + '@' + std::string(generation), partition.number,
                                        record.offset.value);
  origin += '/' + std::to_string(partition.number) + '/' + std::to_string(record.offset.value);
  made.origin = words("record " + origin);
  return made;
}

DeadHeaders headers_of(const DeadLetter& letter) {
  DeadHeaders headers{{kId, letter.id.to_string()},
                      {kReason, std::string(to_string(letter.reason))},
                      {kWhy, letter.why},
                      {kOrigin, letter.origin},
                      {kTime, format_rfc3339(letter.time)},
                      {kBy, letter.by},
                      {kSize, std::to_string(letter.size)}};
  if (!letter.sha256.empty()) headers.emplace_back(kSha256, letter.sha256);
  return headers;
}

DeadHeaders redriven_note(const EventId& letter) { return {{kRedriven, letter.to_string()}}; }

DeadHeaders headers_of(const RedriveMark& mark) {
  return {{mark.ended ? kEnded : kBegun, mark.redrive.to_string()}};
}

std::string value_of(const RedriveMark& mark) {
  std::string text;
  for (const auto& [partition, end] : mark.ends) {
    if (!text.empty()) text += ' ';
    text += std::to_string(partition.number) + ':' + std::to_string(end.value);
  }
  return text;
}

std::optional<DeadLetter> read_dead_letter(const topic::Batch& batch, const topic::Record& record) {
  const auto id = read_id(batch, record, kId);
  const auto reason = parse_dead_reason(batch.header(record, kReason).value_or(""));
  if (!id || !reason) return std::nullopt;
  const auto text = [&](std::string_view name) {
    return std::string(batch.header(record, name).value_or(""));
  };
  DeadLetter read;
  read.id = *id;
  read.reason = *reason;
  read.why = text(kWhy);
  read.origin = text(kOrigin);
  read.time = parse_rfc3339(text(kTime)).value_or(record.time);
  read.by = text(kBy);
  read.value = record.value;
  const std::string size = text(kSize);
  if (std::from_chars(size.data(), size.data() + size.size(), read.size).ec != std::errc{}) {
    read.size = record.value.size();
  }
  read.sha256 = text(kSha256);
  return read;
}

std::optional<EventId> read_redriven_note(const topic::Batch& batch, const topic::Record& record) {
  return read_id(batch, record, kRedriven);
}

std::optional<RedriveMark> read_redrive_mark(const topic::Batch& batch, const topic::Record& record) {
  if (const auto id = read_id(batch, record, kEnded)) return RedriveMark{.redrive = *id, .ended = true};
  const auto id = read_id(batch, record, kBegun);
  if (!id) return std::nullopt;
  return RedriveMark{.redrive = *id, .ended = false, .ends = read_ends(record.value)};
}

std::optional<EventId> dead_letter_id(const topic::Tail::Entry& record) {
  const auto text = record.header(kId);
  return text ? EventId::parse_uuid(*text) : std::nullopt;
}

}  // namespace wikiflow::pipeline
