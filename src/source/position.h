// Where in the source we are: one timestamp for each source topic.
//
// EventStreams numbers its events by a JSON array, one entry per source topic (one topic per data centre):
//   [{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":1791207722236},
//    {"topic":"codfw.mediawiki.recentchange","partition":0,"offset":-1}]
// Ids of adjacent events can be equal or go back some milliseconds, and a resume skips what shares the
// millisecond or comes late, so a position is kept per topic as the largest timestamp seen, and rewound by a
// margin when it is used. An `offset` entry says nothing that outlives a connection (-1 means "the end",
// others belong to one cluster): such a topic keeps the timestamp it had, or else the time that was asked for
// when the connection was made. Keeping the older time can only read events again; taking the newer could
// skip some of a data centre that is still catching up.
//
// Limits: kMaxComponents topics; an id with more is refused.
// Threads: none of its own.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace wikiflow::source {

struct Component {
  std::string topic;
  int partition = 0;
  std::optional<Millis> timestamp;  // nullopt for an `offset` entry
  bool assumed = false;             // in a Position: the time asked for, until the source says one

  bool operator==(const Component&) const = default;
};

class Position {
 public:
  static constexpr std::size_t kMaxComponents = 16;

  Position() = default;
  // At most kMaxComponents, each with a timestamp.
  explicit Position(std::vector<Component> components) : components_(std::move(components)) {}

  bool empty() const { return components_.empty(); }
  const std::vector<Component>& components() const { return components_; }

  // Moves each component to its topic's timestamp when that is later. One beyond `latest` is ignored, or a
  // single wrong clock would stick for ever. A topic without any timestamp so far is taken to be at `asked`,
  // until it has one: `asked` can be our own clock's, which may be ahead of the source's. True when a
  // component was ignored.
  bool advance(const std::vector<Component>& id, Millis latest, Millis asked);

  // The Last-Event-ID to resume with: every timestamp less `margin`. Empty for an empty position.
  std::string resume_id(std::chrono::milliseconds margin) const;

  // The value of the record header: per component one byte of length, the topic, "/", the partition as a
  // byte, the timestamp as eight bytes, big end first.
  void encode(std::string& out) const;
  static Result<Position> decode(std::string_view header);

  // The topics of `shape`, each at its time here, or at `otherwise` where it is unknown here.
  Position shaped_like(const Position& shape, Millis otherwise) const;

  // The largest timestamp, for showing how far behind the source we are.
  std::optional<Millis> newest() const;
  // The same of those that the source has said itself.
  std::optional<Millis> newest_seen() const;

  bool operator==(const Position&) const = default;

 private:
  std::vector<Component> components_;
};

// Reads ids as they stand in the `id:` field of a frame.
//
// Reading costs little when an id differs from the one before only in its digits, which is nearly always.
// Threads: one.
class IdReader {
 public:
  IdReader();
  ~IdReader();
  IdReader(const IdReader&) = delete;
  IdReader& operator=(const IdReader&) = delete;

  // The components, valid until the next call. Errors: bad_input for anything but an array of such entries.
  Result<const std::vector<Component>*> read(std::string_view id);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wikiflow::source
