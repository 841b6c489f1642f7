// What one connection is sent: the log from its start on, as frames, with what goes wrong on the way.
//
// A feed fills buffers and says what the connection is to do then; it knows no socket. What goes wrong around
// an event (duplicates, extra frames, order within a window) depends on the seed and the event alone, so it
// is the same on every connection; where a connection is cut, stalled or ended by an error frame is drawn
// anew for each, or a client would never get past that place.
//
// Threads: one.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/events.h"
#include "sim/log.h"
#include "sim/options.h"
#include "sim/random.h"
#include "sim/resume.h"

namespace wikiflow::sim {

// Told of every frame that will be sent whole, before it is. The views are valid during the call.
class FrameObserver {
 public:
  virtual ~FrameObserver() = default;
  // `n`: the event, or the one that the frame stands before.
  virtual void on_frame(FrameKind kind, std::uint64_t n, std::string_view id, std::string_view data) = 0;
};

// What is shared by all feeds.
struct Source {
  const Log& log;
  const Events& events;
  const Faults& faults;
  std::uint64_t seed;
};

class Feed {
 public:
  enum class Then {
    go_on,   // the buffer is full
    wait,    // nothing more is there yet; waiting_for() says for what
    finish,  // the log is at its end, and no more will come
    stall,   // send nothing for a while
    end,     // send this, then close in good order
    cut,     // send this, then close without
    reset,   // send this, then reset
  };

  Feed(const Source& source, const Start& start, std::uint64_t connection);

  // Appends frames to `out` until it holds `room` bytes or more, or something happens. `available`: how much
  // of the log is there.
  Then fill(std::uint64_t available, std::size_t room, std::string& out, FrameObserver& observer);

  // After `wait`: how much of the log has to be there for fill() to go on.
  std::uint64_t waiting_for() const { return waiting_for_; }

 private:
  bool wants(std::uint64_t n) const;
  std::uint64_t event_at(std::uint64_t slot, std::uint64_t limit);
  Then one_event(std::uint64_t n, std::string& out, FrameObserver& observer);
  void extra_frames(std::uint64_t n, std::string& out, FrameObserver& observer);
  void duplicate_of(std::uint64_t n, std::uint64_t back, std::string& out, FrameObserver& observer);
  void canary(std::uint64_t n, Site site, std::string& out, FrameObserver& observer);
  void frame(FrameKind kind, std::uint64_t n, std::string_view data, std::string& out,
             FrameObserver& observer);
  void begin_frame(std::string& out);
  void error_frame(std::uint64_t n, std::string& out, FrameObserver& observer);
  void append_id(std::string& out) const;
  Then due(std::uint64_t n, std::string& out);
  void half_a_frame(std::uint64_t n, std::string& out);

  Source source_;
  Start start_;
  Draw draw_;
  std::uint64_t slot_;  // the next place in the order of serving
  std::uint64_t waiting_for_ = 0;
  std::array<Millis, kSites.size()> at_{};  // the timestamp that ids carry, once there was one
  std::array<bool, kSites.size()> has_at_{};
  std::uint64_t sent_events_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t cut_at_events_ = 0;  // 0: never
  std::uint64_t cut_at_bytes_ = 0;
  std::uint64_t reset_at_events_ = 0;
  std::uint64_t stall_at_events_ = 0;
  std::vector<std::uint16_t> order_;  // of the window that slot_ lies in
  std::uint64_t ordered_window_ = ~std::uint64_t{0};
  std::string data_;
  std::string id_;
};

}  // namespace wikiflow::sim
