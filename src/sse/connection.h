// One try of the client: a request, the answer, and how it ended. libcurl shows in connection.cc only.
//
// Private to src/sse. Threads: run() and every call of the receiver are on one thread.

#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/time.h"
#include "sse/client.h"
#include "sse/stream.h"

namespace wikiflow::sse {

// How a try ended.
struct Outcome {
  enum class End { by_peer, by_stop, by_receiver };
  End end = End::by_peer;
  // Of an end by the peer or the network:
  Cause cause = Cause::cut;
  int status = 0;
  std::string detail{};
  std::optional<std::chrono::milliseconds> retry_after{};
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  // The answer is an event stream.
  virtual void on_open() = 0;
  // Bytes of it. False: no more are wanted.
  virtual bool on_bytes(std::string_view bytes) = 0;
  // Asked at least once a second. False: no more are wanted.
  virtual bool wants_more() = 0;
};

// Asks for options.url once. An empty `last_event_id` is not sent, nor is one that no header can carry.
// Rethrows what the receiver threw.
Outcome connect_once(const ClientOptions& options, const std::string& last_event_id, Clock& clock,
                     Receiver& receiver, const std::stop_token& stop);

// True when `text` can stand in a request header: no control characters, and not so long that servers refuse
// it.
bool fits_header(std::string_view text);

}  // namespace wikiflow::sse
