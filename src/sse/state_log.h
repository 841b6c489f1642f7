// Tells the log when a stream's state changes, not at every try: a line when it comes up, a line when it goes
// away or the trouble becomes another one. Private to src/sse. Threads: one.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/time.h"
#include "sse/stream.h"

namespace wikiflow::sse {

class StateLog {
 public:
  StateLog(std::string part, Clock& clock) : part_(std::move(part)), clock_(clock) {}

  // The first frame of a connection came.
  void on_frames();

  // A connection ended or could not be made. `refused`: the server does not want this request, whenever it
  // comes.
  void on_end(const Disconnect& why, bool refused);

 private:
  const std::string part_;
  Clock& clock_;
  LogLimit cuts_{std::chrono::seconds{30}};  // a server that cuts all the time fills no disk
  bool up_ = false;
  std::uint64_t tries_ = 0;
  SteadyTime down_since_;
  std::optional<std::pair<Cause, int>> trouble_;
};

}  // namespace wikiflow::sse
