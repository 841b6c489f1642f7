#include "store/cassandra/transfer.h"

#include <algorithm>
#include <functional>
#include <latch>
#include <memory>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "store/cassandra/places.h"

namespace wikiflow::store::cassandra {
namespace {

constexpr std::size_t kBatchesAtOnce = 64;
constexpr std::chrono::milliseconds kRetryFirst{50};
constexpr std::chrono::milliseconds kRetryCap{2'000};
constexpr std::uint64_t kImportSeed = 1;

tl::unexpected<Error> stopped() { return transient("stopped before it was done"); }

// Does `n` writes side by side, each again until it is acknowledged.
class Sender {
 public:
  Sender(const ImportOptions& options, Clock& clock, const std::stop_token& stop)
      : options_(options), clock_(clock), stop_(stop) {}

  Result<void> send(std::size_t n, const std::function<void(std::size_t, Done)>& write) const {
    std::vector<std::size_t> left(n);
    for (std::size_t i = 0; i < n; ++i) left[i] = i;
    const SteadyTime deadline = clock_.steady() + options_.give_up_after;
    Backoff backoff(kRetryFirst, kRetryCap, kImportSeed);
    while (true) {
      const auto answers = try_once(left, write);
      std::vector<std::size_t> failed;
      Error why{ErrorKind::transient, ""};
      for (std::size_t i = 0; i < left.size(); ++i) {
        if (answers[i]) continue;
        why = answers[i].error();
        if (why.kind != ErrorKind::transient) return fatal("Cassandra refuses the import: " + why.what);
        failed.push_back(left[i]);
      }
      if (failed.empty()) return {};
      left = std::move(failed);
      const auto wait = backoff.next();
      if (clock_.steady() + wait > deadline) return transient("Cassandra takes no import: " + why.what);
      if (!clock_.sleep(wait, stop_)) return stopped();
    }
  }

 private:
  static std::vector<Result<void>> try_once(const std::vector<std::size_t>& which,
                                            const std::function<void(std::size_t, Done)>& write) {
    struct Try {
      explicit Try(std::size_t n) : under_way(static_cast<std::ptrdiff_t>(n)), answers(n) {}
      std::latch under_way;
      std::vector<Result<void>> answers;
    };
    // Shared with the callbacks: the last may still be in count_down() when this has seen it.
    const auto tried = std::make_shared<Try>(which.size());
    for (std::size_t i = 0; i < which.size(); ++i) {
      write(which[i], [tried, i](const Result<void>& result) {
        tried->answers[i] = result;
        tried->under_way.count_down();
      });
    }
    tried->under_way.wait();
    return tried->answers;
  }

  const ImportOptions& options_;
  Clock& clock_;
  const std::stop_token& stop_;
};

struct Batch {
  Place place;
  std::vector<std::pair<std::string, CountRow>> rows{};  // with their keys, which the archive only lends
  std::size_t bytes = 0;

  bool takes(const Place& other) const {
    return place == other && rows.size() < kBatchRows && bytes < kBatchBytes;
  }
};

void write_batch(Session& session, const Batch& batch, Done done) {
  std::vector<CountRow> rows;
  rows.reserve(batch.rows.size());
  for (const auto& [key, row] : batch.rows)
    rows.push_back({.key = key, .count = row.count, .included = row.included});
  session.write_counts(batch.place, rows, std::move(done));
}

// The rows of the archive, in the order in which they come.
Result<void> import_rows(Session& session, ArchiveReader& archive, const std::string& generation,
                         const Sender& sender, const std::stop_token& stop) {
  const ArchiveHead& head = archive.head();
  std::vector<Batch> batches;
  const auto send = [&] {
    return sender
        .send(batches.size(),
              [&](std::size_t i, Done done) { write_batch(session, batches[i], std::move(done)); })
        .map([&] { batches.clear(); });
  };
  while (true) {
    if (stop.stop_requested()) return stopped();
    auto row = archive.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return send();
    // Of one partition alone, the sums are its counts.
    if (!head.by_partition) (*row)->included = head.checkpoints.begin()->second.next;
    const Kind kind = (*row)->user ? Kind::user : Kind::domain;
    const Place place{generation, (*row)->partition, kind, bucket_of(kind, (*row)->key)};
    if (batches.empty() || !batches.back().takes(place)) {
      if (batches.size() == kBatchesAtOnce) {
        if (auto sent = send(); !sent) return sent;
      }
      batches.push_back({.place = place});
    }
    batches.back().bytes += (*row)->key.size();
    batches.back().rows.emplace_back(
        (*row)->key, CountRow{.key = {}, .count = (*row)->count, .included = (*row)->included});
  }
}

Result<bool> is_empty(Session& session, const std::string& generation, std::int32_t partitions) {
  const auto checkpoints = session.read_checkpoints(generation);
  if (!checkpoints) return tl::make_unexpected(checkpoints.error());
  bool empty = checkpoints->empty();
  for (const Place& place : places_of(generation, partitions)) {
    if (!empty) break;
    if (auto read = session.read_counts(place, [&](const CountRow&) { empty = false; }); !read) {
      return tl::make_unexpected(read.error());
    }
  }
  return empty;
}

// The number of the generation that is to be made. Under it lies nothing: rows that an import left which died
// may include more than those of this one, and would stand.
Result<std::int32_t> find_number(Session& session, const Identity& identity) {
  const auto found = session.read_generation(identity.topic);
  if (!found) return tl::make_unexpected(found.error());
  if (*found && !given_up(**found)) {
    return fatal("Cassandra keeps counts already, of " + to_string((*found)->identity) +
                 "; `store reset` gives them up");
  }
  for (std::int32_t number = *found ? (*found)->number + 1 : 1;; ++number) {
    const auto empty = is_empty(session, generation_name(identity, number), identity.partitions);
    if (!empty) return tl::make_unexpected(empty.error());
    if (*empty) return number;
    Identity nothing;
    nothing.topic = identity.topic;
    if (auto passed = session.write_generation({number, nothing}); !passed) {
      return tl::make_unexpected(passed.error());
    }
  }
}

Result<void> make_current(Session& session, const Generation& generation) {
  const auto nobody_else = [&]() -> Result<bool> {
    const auto found = session.read_generation(generation.identity.topic);
    if (!found) return tl::make_unexpected(found.error());
    return !*found || (*found)->number < generation.number;
  };
  const auto free = nobody_else();
  if (!free) return tl::make_unexpected(free.error());
  if (!*free) {
    return fatal("a consumer began to count the topic meanwhile: stop all, `store reset`, and import again");
  }
  return session.write_generation(generation);
}

}  // namespace

Result<bool> export_counts(Session& session, const std::string& topic, std::ostream& out,
                           const std::stop_token& stop) {
  const auto generation = session.read_generation(topic);
  if (!generation) return tl::make_unexpected(generation.error());
  if (!*generation || given_up(**generation)) return false;
  const auto& [number, identity] = **generation;
  const std::string name = generation_name(identity, number);
  // The checkpoints before the rows, as at a recovery: see cassandra_store.h.
  auto checkpoints = session.read_checkpoints(name);
  if (!checkpoints) return tl::make_unexpected(checkpoints.error());
  const ArchiveHead head{.identity = identity, .by_partition = true, .checkpoints = *std::move(checkpoints)};
  ArchiveWriter writer(out, head);
  for (const Place& place : places_of(name, identity.partitions)) {
    Result<void> written;
    const auto read = session.read_counts(place, [&](const CountRow& row) {
      if (!written) return;
      written = writer.add({.user = place.kind == Kind::user,
                            .key = row.key,
                            .count = row.count,
                            .partition = place.partition,
                            .included = row.included});
    });
    if (!read) return tl::make_unexpected(read.error());
    if (!written) return tl::make_unexpected(written.error());
    if (stop.stop_requested()) return stopped();
  }
  if (auto finished = writer.finish(); !finished) return tl::make_unexpected(finished.error());
  return true;
}

Result<std::uint64_t> import_counts(Session& session, ArchiveReader& archive, const ImportOptions& options,
                                    Clock& clock, const std::stop_token& stop) {
  const ArchiveHead& head = archive.head();
  if (!head.by_partition && (head.identity.partitions != 1 || head.checkpoints.empty())) {
    return bad_input(
        "an export of STORAGE=rocksdb holds sums over the partitions of the topic, and Cassandra keeps "
        "counts "
        "of each: import it with STORAGE=rocksdb, or let consumers count the topic from its beginning");
  }
  const auto number = find_number(session, head.identity);
  if (!number) return tl::make_unexpected(number.error());
  const std::string generation = generation_name(head.identity, *number);
  const Sender sender(options, clock, stop);
  if (auto rows = import_rows(session, archive, generation, sender, stop); !rows) {
    return tl::make_unexpected(rows.error());
  }
  // A checkpoint must not outlive its rows: see cassandra_store.h.
  if (!clock.sleep(options.sync_period, stop)) return stopped();
  const std::vector<std::pair<Partition, Checkpoint>> due(head.checkpoints.begin(), head.checkpoints.end());
  const auto written = sender.send(due.size(), [&](std::size_t i, Done done) {
    session.write_checkpoint(generation, due[i].first, due[i].second, std::move(done));
  });
  if (!written) return tl::make_unexpected(written.error());
  if (auto made = make_current(session, {*number, head.identity}); !made) {
    return tl::make_unexpected(made.error());
  }
  return archive.sums().domains().sum;
}

}  // namespace wikiflow::store::cassandra
