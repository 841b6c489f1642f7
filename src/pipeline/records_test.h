// The topics of the tests, what they ask of a record in them, and the headers of those they write themselves.

#pragma once

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/record_header.h"
#include "source/interval.h"
#include "topic/fake/fake.h"

namespace wikiflow::pipeline {

inline constexpr const char* kTopic = "changes";
inline constexpr const char* kLetters = "changes.dlq";

inline bool has_header(const topic::FakeRecord& record, std::string_view name) {
  return std::ranges::any_of(record.headers, [&](const auto& header) { return header.first == name; });
}

// Empty when the record has none of that name.
inline std::string header(const topic::FakeRecord& record, std::string_view name) {
  for (const auto& [other, value] : record.headers) {
    if (other == name) return value;
  }
  return {};
}

inline EventId id_in(const topic::FakeRecord& record) {
  const auto id = RecordHeader::id_of(header(record, kRecordHeader));
  if (!id) throw std::runtime_error("a record without an id in its header: " + record.value);
  return *id;
}

inline std::string source_in(const topic::FakeRecord& record) {
  const std::string bytes = header(record, kRecordHeader);
  const auto decoded = RecordHeader::decode(bytes);
  return std::string(decoded ? decoded->source : "");
}

inline std::optional<source::Interval> interval_in(const topic::FakeRecord& record) {
  const std::string bytes = header(record, kRecordHeader);
  const auto decoded = RecordHeader::decode(bytes);
  const auto interval = source::Interval::decode(decoded ? decoded->interval : "");
  return interval ? std::optional(*interval) : std::nullopt;
}

inline std::vector<std::pair<std::string, std::string>> headers_of(const EventId& id,
                                                                   std::string_view interval = {}) {
  std::string bytes;
  RecordHeader{.id = id, .interval = interval}.encode(bytes);
  return {{std::string(kRecordHeader), bytes}};
}

}  // namespace wikiflow::pipeline
