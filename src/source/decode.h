// From the data of an EventStreams frame to a Change.
//
// Canary events (meta.domain "canary", several an hour) carry no change and are told apart before any other
// check. What mediawiki/recentchange allows to be missing or null may be missing or null; domain and title
// may not, since nothing could be counted. `user` is absent when it was suppressed.
//
// Threads: one.

#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "event/change.h"

namespace wikiflow::source {

struct Decoded {
  bool canary = false;
  Change change;  // borrowed from the decoder until its next use; empty for a canary
};

class EventDecoder {
 public:
  EventDecoder();
  ~EventDecoder();
  EventDecoder(const EventDecoder&) = delete;
  EventDecoder& operator=(const EventDecoder&) = delete;

  // Errors: bad_input, saying what is wrong with the event.
  Result<Decoded> decode(std::string_view data);

  // meta.id of the event that was refused last, as far as it could be read; empty where it could not.
  // Borrowed as what decode() returns.
  std::string_view refused_id() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wikiflow::source
