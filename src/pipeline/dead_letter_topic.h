// What can be done with the letters that lie in the dead-letter topic: list them, and try again.
//
// Redriving decodes each letter with the decoders of this program and writes what is a change now to the
// topic of changes. The record's event id is a function of the letter's id, so that two redrives that
// overlap count once; a note in the dead-letter topic, written when the record is acknowledged, keeps every
// later one from writing it again. One that was killed between the two has left a mark where the topic of
// changes ended before, and the next one looks there for what it wrote. Records that are re-driven say the
// interval that the topic's own last records say: a producer still finds its place behind any number of them.
//
// A letter that is cut is not decoded. Both run over what the topic holds when they begin.
//
// Memory: the list's entries; 80 bytes for each letter in the topic while redriving.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "pipeline/dead_letter.h"
#include "topic/topic.h"

namespace wikiflow::pipeline {

struct ListedLetter {
  DeadLetter letter;     // of its value only the beginning
  std::size_t kept = 0;  // how long the value in the topic is
  bool redriven = false;
};

struct DeadLetterList {
  std::vector<ListedLetter> letters;  // the oldest first, each once
  bool more = false;                  // than were asked for
  std::size_t foreign = 0;            // records that are neither letters nor notes
};

// `topic`: the dead-letter topic. Errors: as a reader's; transient when nothing came for as long as
// `patience`, or when `stop` was requested.
Result<DeadLetterList> list_dead_letters(topic::Broker& broker, const std::string& topic, std::size_t limit,
                                         std::size_t value_bytes, std::chrono::milliseconds patience,
                                         std::stop_token stop);

struct Redriven {
  std::size_t written = 0;      // to the topic of changes, now
  std::size_t before = 0;       // by an earlier redrive
  std::size_t undecodable = 0;  // still
  std::size_t cut = 0;          // only their beginning is there
};

// As above. What was written when it ends with an error, or with the process, is not written again by the
// next.
Result<Redriven> redrive_dead_letters(topic::Broker& broker, const std::string& dead_letters,
                                      const std::string& changes, std::chrono::milliseconds patience,
                                      std::stop_token stop);

}  // namespace wikiflow::pipeline
