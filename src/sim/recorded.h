// Events from a file (NDJSON, one a line), moved to their place in the log.
//
// An event keeps its bytes but for what says where and when it was: meta.topic, partition, offset, dt and
// timestamp become those of the log (dt and timestamp only when asked to), and in every round but round 0
// meta.id is a new one, made from the old one and the number of the round. What an event does not have, it
// does not get. The places are found once; serving an event is copying the pieces between them.
//
// Memory: the text, and about 150 bytes an event. Limit: kMaxBytes of text.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sim/events.h"

namespace wikiflow::sim {

class Recorded final : public Events {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 30U;

  // Errors: bad_input naming the line that is no JSON object, or saying that there is none.
  static Result<std::unique_ptr<Recorded>> parse(std::string text, bool shift_times,
                                                 std::uint64_t first_round = 0);
  static Result<std::unique_ptr<Recorded>> load(const std::string& path, bool shift_times,
                                                std::uint64_t first_round = 0);

  std::uint64_t size() const override { return events_.size(); }
  void render(std::uint64_t n, const Entry& entry, std::string& out) const override;
  FrameKind kind(std::uint64_t n) const override { return events_[n % events_.size()].kind; }

 private:
  enum class Field : std::uint8_t { id, topic, partition, offset, dt, timestamp };
  // A value to put in place of text_[at, at + size), which does not cross the end of its event.
  struct Splice {
    std::size_t at;
    std::uint32_t size;
    Field field;
  };
  struct Event {
    std::size_t at;
    std::uint32_t size;
    FrameKind kind;
    std::uint32_t first_splice;
    std::uint32_t splices;
  };
  class Reader;

  Recorded(std::string text, bool shift_times, std::uint64_t first_round)
      : text_(std::move(text)), shift_times_(shift_times), first_round_(first_round) {}
  void put(const Splice& splice, std::uint64_t n, const Entry& entry, std::string& out) const;

  std::string text_;
  bool shift_times_;
  std::uint64_t first_round_;
  std::vector<Event> events_;
  std::vector<Splice> splices_;
};

}  // namespace wikiflow::sim
