// A source to run against: an EventStreams server over real HTTP, for the demo, for tests and for benchmarks.
//
// GET /v2/stream/recentchange answers as Wikimedia's service does (docs: the source): chunked HTTP/1.1, `:ok`
// first, frames of event, id and data, resume by ?since= or Last-Event-ID (resume.h), a cut after 15 minutes,
// 403 without a User-Agent of one's own, 429 over two connections from an address. GET /sim/status tells the
// counters as JSON. What it serves: log.h and events.h; how fast: pace.h; what goes wrong: options.h; what
// was served: recorder.h.
//
// Guarantee: the same options (with a start time given) make the same log, in this process or the next.
// Frames are handed to a connection in the log's order but for `reorder`. Back-pressure: a connection renders
// at most kBufferBytes beyond what its client has taken (an oversized frame in addition).
//
// Limits: kMaxConnections at once, further ones are closed; a request head of 16 KiB within 10 s. Memory does
// not grow with the length of a generated log.
//
// Threads: one of its own for all sockets, from start() to stop(). The functions here may be called from any.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/result.h"
#include "sim/options.h"

namespace wikiflow::sim {

struct Counters {
  std::uint64_t events = 0;    // distinct events of the log that were sent, of kind event
  std::uint64_t frames = 0;    // all frames
  std::uint64_t canaries = 0;  // frames of each kind but event
  std::uint64_t malformed = 0;
  std::uint64_t oversized = 0;
  std::uint64_t errors = 0;
  std::uint64_t streams = 0;  // connections that were answered with a stream
  std::uint64_t open = 0;     // of them, now
  std::uint64_t refused = 0;  // requests that were answered with another status
  std::uint64_t cuts = 0;     // streams that the simulator broke off, by cut, reset, error frame or lifetime
  bool done = false;          // the last event of the log has been sent to somebody
};

class Simulator {
 public:
  static constexpr std::size_t kBufferBytes = std::size_t{128} << 10U;
  static constexpr std::size_t kMaxConnections = 512;

  // Listens at once. Errors: bad_input for options that cannot be, a file that cannot be read or written;
  // fatal for an address that cannot be listened on.
  static Result<std::unique_ptr<Simulator>> start(const SimOptions& options, Metrics& metrics);
  virtual ~Simulator() = default;  // stop()

  // "host:port" really bound.
  virtual std::string address() const = 0;
  // "http://host:port/v2/stream/recentchange".
  std::string url() const;

  virtual Counters counters() const = 0;

  // When the log's first event happened; what --from has to reach back to for all of it.
  virtual Millis log_start() const = 0;

  // Waits until the last event of a finite log has been sent. False when that took longer than `limit`, or
  // stop() came first.
  virtual bool wait_until_done(std::chrono::milliseconds limit) = 0;

  // Closes all connections without a word and ends the thread. The record file is whole then. Idempotent.
  virtual void stop() = 0;
};

}  // namespace wikiflow::sim
