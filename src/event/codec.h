// The record on the topic: JSON, a superset of {"domain": "...", "title": "...", "user": "..."}.
//
// Fields keep the names of the source's schema and are left out when unknown; `event_id` is meta.id, because
// the source's own integer `id` is another thing. Key of the record: page identity, so that a page's changes
// stay in order. Beside it stands a header (event/record_header.h), whose event id wins over the value's.
//
// A record written here is at most kMaxRecordBytes, since names are bounded where events are decoded.
//
// Threads: a decoder or encoder belongs to one thread.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "event/change.h"

namespace wikiflow {

// Below librdkafka's message.max.bytes (1,000,000) and the broker's (1,048,588) with room for headers.
inline constexpr std::size_t kMaxRecordBytes = 900'000;

// In place of the header, on a record that is no change: it tells that changes are missing here. Two
// positions, see encode_gap(). A reader looks for it only where the value is none of a change.
inline constexpr std::string_view kHeaderGap = "wikiflow-gap";

// Replaces `out` by the record's value.
void encode_record(const Change& change, std::string& out);

// Replaces `out` by the record's key: wiki (or the domain where the wiki is unknown), a NUL, title.
void encode_key(const Change& change, std::string& out);

// Replaces `out` by the value of a record that tells of a gap in the source, from the time of the last change
// known to the first one that follows: {"type":"gap","from":...,"to":...}, null where a time is unknown. It
// has no domain, so that it counts as no change for a reader that does not know it.
void encode_gap(std::optional<Millis> from, std::optional<Millis> to, std::string& out);

// What counting needs of a record.
struct Counted {
  std::string_view domain;
  std::optional<std::string_view> user;
};

// Decodes records of one batch after the other.
//
// Views in what it returns are into the decoder's own memory, and are valid until clear(). clear() keeps the
// memory: it grows to the size of the largest batch.
class RecordDecoder {
 public:
  RecordDecoder();
  ~RecordDecoder();
  RecordDecoder(const RecordDecoder&) = delete;
  RecordDecoder& operator=(const RecordDecoder&) = delete;

  // Forgets everything decoded since the last clear(). `room`: the sum of room_for() over the values to come,
  // or 0 when they are not known; it saves allocations, nothing else.
  void clear(std::size_t room = 0);
  static std::size_t room_for(std::size_t value_bytes);

  // Errors: bad_input, saying what is wrong with the value: not JSON, not an object, no domain or title, a
  // field of another type, a name too long.
  // `event_id`, when given, becomes the value's event_id, or nothing; also where the record is refused later
  // on.
  Result<Counted> decode_counted(std::string_view value, std::optional<EventId>* event_id = nullptr);

  // The whole record. A missing or malformed event_id gives an id derived from the value's bytes.
  Result<Change> decode(std::string_view value);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wikiflow
