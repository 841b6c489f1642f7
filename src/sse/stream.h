// A server-sent-event stream as its reader sees it: frames, one after the other, for as long as it likes.
//
// sse::Client (client.h) is the real one, over HTTP; sse::FakeStream (stream_fake.h) is a script in memory.
//
// Guarantee: frames are handed over in the order received, each once per time the server sent it, on the
// thread that called run(). While on_frame() runs, nothing is read from the connection: a slow reader slows
// the server.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wikiflow::sse {

// Borrowed: valid during on_frame().
struct Frame {
  std::string_view event;          // the event type; "message" when the stream did not name one
  std::string_view data;           // data lines joined by '\n'
  std::string_view last_event_id;  // the id in force: this frame's own, or the latest before it
};

// Why a connection ended or could not be made. The names are values of a metric's label.
enum class Cause {
  closed,       // the server ended the answer in good order (its 15 minutes are over)
  cut,          // the connection broke
  silence,      // nothing came for longer than the silence time-out
  unreachable,  // no connection: name, TCP, TLS or proxy
  bad_status,   // an answer that is not 200
  bad_type,     // 200, but not text/event-stream
  no_content,   // 204: the server asks not to come back
};
std::string_view to_string(Cause cause);

struct Disconnect {
  Cause cause;
  int status = 0;        // HTTP status, where there was one
  std::string detail;    // for the log and /readyz, with the way out where there is one
  bool healthy = false;  // frames had come, so this is a reconnect, not an outage
  // How long run() will wait before it tries again; nullopt after no_content.
  std::optional<std::chrono::milliseconds> wait;
};

class FrameSink {
 public:
  virtual ~FrameSink() = default;

  // Before each connection: the value for Last-Event-ID, empty for none.
  virtual std::string last_event_id() = 0;
  // The server has answered 200 with an event stream.
  virtual void on_open() {}
  // False ends run().
  virtual bool on_frame(const Frame& frame) = 0;
  // An event longer than the limit was skipped; `bytes` of it were seen. `head`, borrowed: how its data
  // begins, as far as that was kept.
  virtual void on_oversized(std::uint64_t bytes, std::string_view head) = 0;
  virtual void on_disconnect(const Disconnect& why) = 0;
  // Asked at least once a second during a connection, from its making on, however little comes. False ends
  // run().
  virtual bool wants_more() { return true; }
};

enum class Ended { stopped, by_sink, no_content };

class Stream {
 public:
  virtual ~Stream() = default;

  // Connects, hands frames to `sink`, and reconnects, until `stop` is requested, the sink says so, or the
  // server answers 204. Trouble is never an error: it is told to the sink and retried. Threads: one call at a
  // time; every call of `sink` comes from the calling thread.
  virtual Ended run(FrameSink& sink, std::stop_token stop) = 0;
};

}  // namespace wikiflow::sse
