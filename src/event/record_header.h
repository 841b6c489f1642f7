// The one header that our producer puts on a record: which change it is, where in the source it stood, and
// what was known to be in the topic when it was sent.
//
// One header, not one for each part: librdkafka makes an object of every header of a record as soon as one of
// them is looked at, and that was half of what the consumer's CPU went into.
//
// Format: one byte 1 (the version), the event id's 16 bytes; the source's name behind a byte with its length;
// the position (source/position.h) behind two bytes with its length, big end first; the interval
// (source/interval.h) is the rest. A part that is not known is empty.
//
// Threads: none of its own.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/event_id.h"

namespace wikiflow {

inline constexpr std::string_view kRecordHeader = "wikiflow";

// Of a decoded one, the views are into what was decoded.
struct RecordHeader {
  EventId id;
  std::string_view source{};    // live, simulator, sample or redrive; at most 255 bytes
  std::string_view position{};  // encoded, at most 65535 bytes
  std::string_view interval{};  // encoded

  // Replaces `out` by the header's value.
  void encode(std::string& out) const;

  // Nothing for what is of another version, or cut short.
  static std::optional<RecordHeader> decode(std::string_view value);

  // The id alone; nothing for what cannot begin such a header.
  static std::optional<EventId> id_of(std::string_view value);
};

}  // namespace wikiflow
