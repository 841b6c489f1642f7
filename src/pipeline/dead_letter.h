// One record of the dead-letter topic: what could not become a change or be counted, as it came, and why.
//
// Value: the original bytes, cut after kKeptBytes. All else is in headers, every one of them text, so that
// any tool can show them: wikiflow-dead-id, -reason, -why, -origin, -time, -by, -size and, where the value is
// cut, -sha256 of the whole. Key: the id.
//
// The id says which letters are the same one: a function of the bytes for what came from the source, of
// topic, its generation, partition and offset for a record. A letter can lie in the topic more than once.
//
// Notes of who re-drives letters (dead_letter_topic.h) lie in the same topic. That a letter was re-driven:
// the header wikiflow-dead-redriven with the letter's id. That a redrive begins, or has ended:
// wikiflow-dead-redrive-begun or -ended with the redrive's id, and in the value of the former where the
// partitions of the topic of changes ended then, as "0:1200 1:1187".

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "event/event_id.h"
#include "source/source.h"
#include "topic/topic.h"

namespace wikiflow::pipeline {

enum class DeadReason {
  malformed,    // an event of the source that no change can be made of
  oversized,    // one that is larger than what is read of an event: only its beginning is there
  refused,      // a record of ours that the topic can never take
  undecodable,  // a record of the topic that nothing can be counted by
};
std::string_view to_string(DeadReason reason);
std::optional<DeadReason> parse_dead_reason(std::string_view text);

struct DeadLetter {
  static constexpr std::size_t kKeptBytes = 64 * 1024;
  static constexpr std::size_t kWordsBytes = 512;  // of `why`, and of `origin`

  EventId id;
  DeadReason reason{};
  std::string why;         // in words
  std::string origin;      // "event 4f03..." or "event sha256:..."; "record topic/partition/offset"
  Millis time{};           // when it was found
  std::string by;          // program and version
  std::string value;       // the original bytes, or their beginning
  std::uint64_t size = 0;  // of the original
  std::string sha256;  // of the original in hexadecimal, when `value` is only its beginning and it was seen

  bool whole() const { return value.size() == size && reason != DeadReason::oversized; }
};

// What the source sent. `time` and `by` are left to whoever writes the letter.
DeadLetter dead_event(const source::Refused& refused);

// A record that was to be written to `topic`.
DeadLetter dead_change(std::string_view topic, std::string_view value, std::string_view why);

// A record that was read. `generation` tells the topic from another of its name.
DeadLetter dead_record(std::string_view topic, std::string_view generation, Partition partition,
                       const topic::Record& record, std::string_view why);

using DeadHeaders = std::vector<std::pair<std::string_view, std::string>>;
DeadHeaders headers_of(const DeadLetter& letter);
DeadHeaders redriven_note(const EventId& letter);

// That the redrive of this id begins, or has ended.
struct RedriveMark {
  EventId redrive;
  bool ended = false;
  std::map<Partition, Offset> ends{};  // of the topic of changes, when it began
};
DeadHeaders headers_of(const RedriveMark& mark);
std::string value_of(const RedriveMark& mark);

// Of a record of the dead-letter topic: the letter, or nothing when the record is no letter.
std::optional<DeadLetter> read_dead_letter(const topic::Batch& batch, const topic::Record& record);
// The id that a letter's record, or a note's, is about.
std::optional<EventId> read_redriven_note(const topic::Batch& batch, const topic::Record& record);
std::optional<RedriveMark> read_redrive_mark(const topic::Batch& batch, const topic::Record& record);
std::optional<EventId> dead_letter_id(const topic::Tail::Entry& record);

}  // namespace wikiflow::pipeline
