// What a simulated source is to be, and what shall go wrong with it.
//
// A plain struct, so that tests and benchmarks fill it in by hand; flags.h puts the same on a command line.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace wikiflow::sim {

// A share of requests is answered with this status instead of a stream.
struct StatusFault {
  int code = 503;
  double probability = 0;
};

// How events are served. No fault changes which events the log holds: what a cut took away is served again to
// a client that resumes, and malformed, oversized and canary frames come in addition to events.
//
// A client that rewinds by a margin is sent that much again on every connection (5 s are about 300 events),
// so a cut that comes sooner than the margin reaches keeps it from ever getting on.
struct Faults {
  std::uint64_t cut_after_events = 0;  // in the middle of a frame, after N/2 to 3N/2 events of a connection
  std::uint64_t cut_after_bytes = 0;   // likewise by bytes of the stream
  std::uint64_t reset_after = 0;       // likewise, with a TCP reset in place of a close
  double duplicate = 0;                // an event is followed by a lately sent one once more
  unsigned reorder = 0;                // events trade places within windows of so many, at most kMaxReorder
  double malformed = 0;                // an event is preceded by a frame nothing can be made of
  double oversized = 0;                // an event is preceded by a frame of `oversized_bytes`
  std::size_t oversized_bytes = std::size_t{5} << 20U;
  double canary = 0.0002;         // an event is preceded by a canary; the live stream sends several an hour
  double error_frames = 0;        // in place of an event: an error frame, then the end
  std::uint64_t stall_after = 0;  // every N/2 to 3N/2 events of a connection, nothing for `stall`
  std::chrono::milliseconds stall{0};
  std::vector<StatusFault> status{};
  std::chrono::seconds retry_after{0};  // sent with 429 and 503 when not 0
  bool split_writes = false;            // small pieces of random size, each written by itself

  // 128 events are at most 5 s apart, so a client with that margin loses none.
  static constexpr unsigned kMaxReorder = 128;
};

struct SimOptions {
  std::string listen = "127.0.0.1:8090";  // port 0: any free one

  // Events: a file of NDJSON, or its text (the bundled sample), or else generated.
  std::string events_file;
  std::string_view events_text;  // must outlive the simulator
  bool loop = false;             // begin the file again at its end, with ids renewed
  // Which time around a file begins with. 0: with its own ids. Whoever shows a file again and again to the
  // same reader takes another one each time: no ids of two of them are the same.
  std::uint64_t first_round = 0;
  bool keep_event_times = false;  // leave meta.dt and timestamp as they are in the file

  // Generated events.
  std::uint64_t seed = 1;
  std::uint64_t users = 10'000;
  double zipf = 1.0;       // exponent of the distribution of users
  std::uint64_t pool = 0;  // make so many events beforehand and loop over them, ids renewed: faster

  std::uint64_t count = 0;  // events of the log; 0: all of the file, or endless

  // How the log grows (pace.h). rate: events a second; 0 with speed 0: as fast as readers take it. speed: how
  // fast the source's clock runs; 0: as follows from the rate.
  double rate = 50;
  double speed = 0;
  std::optional<Millis> start_time;      // of the first event; unset: so that the log ends now
  std::optional<std::uint64_t> history;  // events that are in the log at the start; unset: those up to now

  std::chrono::milliseconds lifetime{15 * 60 * 1000};  // of a connection; 0: for ever
  unsigned max_per_address = 2;                        // connections; 0: no limit
  bool any_user_agent = false;                         // do not answer 403 to default ones

  std::string record_file;  // every frame served, see recorder.h
  Faults faults;
};

}  // namespace wikiflow::sim
