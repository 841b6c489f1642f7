// What an event of the log says: JSON for a place in the log.
//
// Two kinds stand behind it: generated (generated.h) and recorded (recorded.h). Both are functions of n and
// its entry alone, so an event reads the same whenever it is served.
//
// Threads: one at a time.

#pragma once

#include <cstdint>
#include <string>

#include "sim/log.h"

namespace wikiflow::sim {

// Of a frame; the names are values in the record file and of a metric's label.
enum class FrameKind : std::uint8_t { event, canary, malformed, oversized, error };
std::string_view to_string(FrameKind kind);

class Events {
 public:
  virtual ~Events() = default;

  // How many there are before they repeat with new ids; 0: without end.
  virtual std::uint64_t size() const = 0;

  // Appends event n, one line of JSON.
  virtual void render(std::uint64_t n, const Entry& entry, std::string& out) const = 0;

  // What event n is; a file may hold canaries and malformed lines.
  virtual FrameKind kind(std::uint64_t n) const = 0;
};

}  // namespace wikiflow::sim
