// What a store needs of Cassandra: write rows of counts and checkpoints, and read them again.
//
// Every write has a timestamp that follows from the offset that it includes (write_time()), in the statement
// itself. Of two writes of a row the one with the larger offset stands, whatever order they come in: a writer
// that slept and wakes loses, and any write may be done again. A row's values follow from the log and the
// offset, so two writes with one timestamp are the same write.
//
// Errors: transient (away, too slow, too few replicas; the write may have happened), bad_input (the server
// refuses this one), fatal (not let in; the tables are not there).
//
// Threads: any, several at once. A callback comes exactly once, on any thread, maybe before the call returns;
// it must not block. What is passed in is borrowed for the call.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/partition.h"
#include "base/result.h"
#include "store/count_store.h"

namespace wikiflow::store::cassandra {

enum class Kind : std::int8_t { domain = 0, user = 1 };

// One Cassandra partition of the table of counts: rows of it are written in one batch, and read in one go.
struct Place {
  std::string generation{};
  Partition partition{};
  Kind kind = Kind::domain;
  std::int16_t bucket = 0;

  auto operator<=>(const Place&) const = default;
};

struct CountRow {
  std::string_view key;
  std::uint64_t count = 0;
  Offset included{};  // the count is that of all records below
};

// Microseconds, as Cassandra's timestamps are. Far below any that a clock gives, so that an operator who
// repairs a row by hand wins, and far above nothing.
constexpr std::int64_t write_time(Offset included) { return 1'000'000 + included.value; }

// The counts of a topic that are current: reset begins another number, and deletes nothing, for a deletion's
// timestamp would shadow later writes.
struct Generation {
  std::int32_t number = 0;
  Identity identity{};
};

// Begun by a reset: counts of nothing, which the next consumer to open replaces by a number of its own.
inline bool given_up(const Generation& generation) { return generation.identity.partitions == 0; }

using Done = std::function<void(const Result<void>&)>;

class Session {
 public:
  virtual ~Session() = default;

  virtual void write_counts(const Place& place, std::span<const CountRow> rows, Done done) = 0;
  virtual void write_checkpoint(const std::string& generation, Partition partition,
                                const Checkpoint& checkpoint, Done done) = 0;
  virtual Result<void> write_generation(const Generation& generation) = 0;

  virtual Result<void> read_counts(const Place& place, const std::function<void(const CountRow&)>& row) = 0;
  virtual Result<Checkpoints> read_checkpoints(const std::string& generation) = 0;
  // The latest of that topic, or none.
  virtual Result<std::optional<Generation>> read_generation(const std::string& topic) = 0;
};

}  // namespace wikiflow::store::cassandra
