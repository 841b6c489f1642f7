#include "store/cassandra/cassandra_store.h"

#include <algorithm>
#include <thread>
#include <tuple>

#include "base/backoff.h"
#include "base/failpoint.h"
#include "store/cassandra/places.h"

namespace wikiflow::store::cassandra {
namespace {

constexpr std::size_t kBatchesUnderWay = 64;
constexpr int kCheckpointsPerSyncPeriod = 16;
constexpr std::uint64_t kRetrySeed = 1;
constexpr std::chrono::milliseconds kStopLook{100};

constexpr std::size_t index(Kind kind) { return static_cast<std::size_t>(kind); }

constexpr const char* kWayOut =
    "; give the counts up with `store reset` and count again from the beginning of the topic";

}  // namespace

struct CassandraStore::Batch {
  explicit Batch(Place to) : place(std::move(to)) {
    numbers.reserve(kBatchRows);
    rows.reserve(kBatchRows);
  }
  Place place;
  std::vector<std::uint32_t> numbers;
  std::vector<CountRow> rows;  // keys are in the totals, which never move them
  std::size_t bytes = 0;
};

// What became of each write of a flush. Shared with the callbacks, which may come after the flush gave up.
struct CassandraStore::Flight {
  explicit Flight(std::size_t size) : done(size, false) {}
  std::vector<bool> done;
  std::size_t under_way = 0;
  std::optional<Error> failed{};
  SteadyTime heard = steady_now();  // when something was acknowledged, or the begin

  void answered(std::size_t i, const Result<void>& result) {
    --under_way;
    if (result) {
      done[i] = true;
      heard = steady_now();
    } else if (!failed || result.error().kind != ErrorKind::transient) {
      failed = result.error();
    }
  }
};

// How long a flush goes on: longer with each write that is acknowledged.
class CassandraStore::Patience {
 public:
  Patience(const FlushLimits& limits, SteadyTime deadline, Window& window, const Flight& flight)
      : limits_(limits), deadline_(deadline), window_(window), flight_(flight) {}

  // As far as is known by now.
  SteadyTime until() const {
    SteadyTime heard;
    window_.wait(steady_now(), [&] { return heard = flight_.heard, true; });
    return std::min(deadline_, heard + limits_.silence);
  }
  // Whether what was given up was not acknowledged at all, or nothing of it for as long as that may be.
  bool was_silent(const std::vector<bool>& done) const {
    if (limits_.stop.stop_requested()) return false;
    bool silent = std::ranges::none_of(done, [](bool one) { return one; });
    window_.wait(steady_now(), [&] {
      silent = silent || steady_now() >= flight_.heard + limits_.silence;
      return true;
    });
    return silent;
  }
  bool enter() const {
    return look_until([this](SteadyTime limit) { return window_.enter(limit); });
  }
  bool wait_for_answers() const {
    return look_until(
        [this](SteadyTime limit) { return window_.wait(limit, [this] { return flight_.under_way == 0; }); });
  }

 private:
  // False when it is time to give up, which a stop says too.
  template <typename F>
  bool look_until(F&& done) const {
    while (!limits_.stop.stop_requested()) {
      if (done(std::min(until(), steady_now() + kStopLook))) return true;
      if (steady_now() >= until()) return false;
    }
    return false;
  }

  const FlushLimits& limits_;
  const SteadyTime deadline_;
  Window& window_;
  const Flight& flight_;
};

CassandraStore::CassandraStore(Connect connect, const StoreOptions& options, Clock& clock, Metrics& metrics)
    : connect_(std::move(connect)),
      options_(options),
      clock_(clock),
      rows_(metrics.counter(
          "wikiflow_cassandra_rows_written_total",
          "Rows of counts that Cassandra has acknowledged: one for each key that changed, once "
          "a flush.")),
      failed_(
          metrics.counter("wikiflow_cassandra_failed_writes_total",
                          "Batches that Cassandra refused or did not answer; each is written again. Growing: "
                          "look at its log.")),
      handed_over_unwritten_(
          metrics.counter("wikiflow_cassandra_handed_over_unwritten_total",
                          "Changes counted of partitions that were handed over to another instance before "
                          "their rows were written; that instance writes them. Growing: Cassandra is away or "
                          "slow while consumers join or leave.")),
      write_seconds_(
          metrics.histogram("wikiflow_cassandra_write_seconds",
                            "From sending a batch of rows to Cassandra's answer, refusals and "
                            "time-outs included. Growing: look at its load, disks and compactions.",
                            {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5})),
      window_(std::make_shared<Window>(
          kBatchesUnderWay,
          metrics.gauge("wikiflow_cassandra_writes_in_flight",
                        "Writes not answered yet. Always at the limit: Cassandra is the slowest part."))) {
  metrics
      .gauge("wikiflow_cassandra_writes_in_flight_limit", "The bound of wikiflow_cassandra_writes_in_flight.")
      .Set(kBatchesUnderWay);
}

Result<std::string> CassandraStore::find_generation(const Identity& identity) {
  auto found = session_->read_generation(identity.topic);
  if (found && (!*found || given_up(**found))) {
    const std::int32_t number = *found ? (*found)->number + 1 : 1;
    if (auto begun = session_->write_generation({number, identity}); !begun) {
      return tl::make_unexpected(begun.error());
    }
    found = session_->read_generation(identity.topic);  // another consumer may have begun it at the same time
  }
  if (!found) return tl::make_unexpected(found.error());
  if (!*found || given_up(**found)) return transient("Cassandra does not show what it acknowledged yet");
  const auto& [number, kept] = **found;
  if (!same_counts(kept, identity)) return other_identity("Cassandra", kept, identity);
  return generation_name(kept, number);
}

Result<Checkpoints> CassandraStore::open(const Identity& identity) {
  if (!session_) {
    auto session = connect_();
    if (!session) return tl::make_unexpected(session.error());
    session_ = std::move(*session);
  }
  auto generation = find_generation(identity);
  if (!generation) return tl::make_unexpected(generation.error());
  generation_ = std::move(*generation);
  {
    const std::lock_guard lock(mutex_);
    partitions_.clear();
    totals_ = count::Totals{};
  }
  // The checkpoints before the rows: see the header.
  auto checkpoints = session_->read_checkpoints(generation_);
  if (!checkpoints) return tl::make_unexpected(checkpoints.error());
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, checkpoint] : *checkpoints) {
      PartitionCounts& counts = partitions_[partition];
      counts.at = checkpoint;
      counts.known = true;
      counts.lasting = checkpoint.next;
    }
  }
  const auto read = read_places(
      *session_, places_of(generation_, identity.partitions), options_.reads_at_once,
      [this](const Place& place, std::span<const CountRow> rows) { load(place, rows); }, options_.stop);
  if (!read) return tl::make_unexpected(read.error());
  const std::lock_guard lock(mutex_);
  for (auto& [partition, counts] : partitions_) {
    if (auto whole = check(partition, counts); !whole) return tl::make_unexpected(whole.error());
  }
  return checkpoints;
}

void CassandraStore::load(const Place& place, std::span<const CountRow> rows) {
  const std::lock_guard lock(mutex_);
  PartitionCounts& counts = partitions_[place.partition];
  for (const CountRow& row : rows) {
    const bool domain = place.kind == Kind::domain;
    const std::uint32_t number =
        domain ? totals_.load_domain(row.key, row.count) : totals_.load_user(row.key, row.count);
    counts.keys[index(place.kind)].load(number, row.count, row.included);
    counts.replayed_to = std::max(counts.replayed_to, row.included);
    if (domain) counts.sum += row.count;
  }
}

Result<void> CassandraStore::check(Partition partition, PartitionCounts& counts) {
  if (counts.checked || counts.at.next < counts.replayed_to) return {};
  counts.checked = true;
  counts.replayed_to = {};
  if (counts.sum == counts.at.counted) return {};
  return fatal("partition " + std::to_string(partition.number) + ": the counts that Cassandra keeps sum to " +
               std::to_string(counts.sum) + " changes, and the checkpoint at offset " +
               std::to_string(counts.at.next.value) + " says " + std::to_string(counts.at.counted) + kWayOut);
}

// While the log is read again up to what the rows include, each key has its own place in it.
void CassandraStore::add_again(PartitionCounts& counts, std::span<const Item> items) {
  KeyCounts& domains = counts.keys[index(Kind::domain)];
  KeyCounts& users = counts.keys[index(Kind::user)];
  for (const auto& [offset, counted] : items) {
    if (offset < counts.at.next) continue;
    const Offset after{offset.value + 1};
    if (const auto number = totals_.load_domain(counted.domain, 0); !domains.includes(number, offset)) {
      totals_.load_domain(counted.domain, 1);
      domains.add({&number, 1}, after, counts.owned);
      ++counts.sum;
    }
    if (!counted.user) continue;
    if (const auto number = totals_.load_user(*counted.user, 0); !users.includes(number, offset)) {
      totals_.load_user(*counted.user, 1);
      users.add({&number, 1}, after, counts.owned);
    }
  }
}

Result<void> CassandraStore::add(Partition partition, std::span<const Item> items, const Checkpoint& after) {
  const std::lock_guard lock(mutex_);
  PartitionCounts& counts = partitions_[partition];
  if (after.next <= counts.at.next) return {};
  if (counts.at.next < counts.replayed_to) {
    add_again(counts, items);
  } else {
    const auto [domains, users] = adder_.add(totals_, items, counts.at.next);
    counts.keys[index(Kind::domain)].add(domains, after.next, counts.owned);
    counts.keys[index(Kind::user)].add(users, after.next, counts.owned);
    counts.sum += domains.size();
  }
  counts.at = after;
  counts.known = true;
  return check(partition, counts);
}

std::vector<CassandraStore::Batch> CassandraStore::take_batches(std::map<Partition, Checkpoint>& at) {
  const std::lock_guard lock(mutex_);
  const count::TotalsView totals = totals_.view();
  const std::array names{&totals.by_domain, &totals.by_user};  // by Kind
  std::vector<Batch> full;
  for (auto& [partition, counts] : partitions_) {
    if (!counts.owned || !counts.known) continue;
    at[partition] = counts.at;
    bool ahead = false;
    for (const Kind kind : {Kind::domain, Kind::user}) {
      KeyCounts& keys = counts.keys[index(kind)];
      std::vector<Batch> open;  // by bucket
      for (std::int16_t bucket = 0; bucket < buckets_of(kind); ++bucket) {
        open.emplace_back(Place{generation_, partition, kind, bucket});
      }
      for (const std::uint32_t number : keys.take()) {
        const auto& cell = keys[number];
        if (cell.after > counts.at.next) {  // its row is ahead of the log that was read again so far
          keys.mark(number);
          ahead = true;
          continue;
        }
        const std::string_view key = (*names[index(kind)])[number].key;
        Batch& batch = open[static_cast<std::size_t>(bucket_of(kind, key))];
        batch.numbers.push_back(number);
        batch.rows.push_back({key, cell.count, counts.at.next});
        batch.bytes += key.size();
        if (batch.rows.size() < kBatchRows && batch.bytes < kBatchBytes) continue;
        full.push_back(std::exchange(batch, Batch(batch.place)));
      }
      for (Batch& batch : open) {
        if (!batch.rows.empty()) full.push_back(std::move(batch));
      }
    }
    counts.doubtful = counts.doubtful && ahead;
  }
  return full;
}

// Those that are not acknowledged are to be written again, with what their counts are by then.
void CassandraStore::give_back(const std::vector<Batch>& batches, const std::vector<bool>& done) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (done[i]) continue;
    PartitionCounts& counts = partitions_[batches[i].place.partition];
    if (!counts.owned) continue;
    for (const std::uint32_t number : batches[i].numbers) {
      counts.keys[index(batches[i].place.kind)].mark(number);
    }
  }
}

Result<void> CassandraStore::send(const std::vector<Batch>& batches, const FlushLimits& limits,
                                  SteadyTime deadline) {
  const auto flight = std::make_shared<Flight>(batches.size());
  Backoff backoff(options_.retry_first, options_.retry_cap, kRetrySeed);
  const auto look = [&](auto&& at) {
    std::optional<Error> error;
    window_->wait(steady_now(), [&] { return at(error), true; });
    return error;
  };
  const Patience patience(limits, deadline, *window_, *flight);
  while (true) {
    for (std::size_t i = 0; i < batches.size(); ++i) {
      bool skip = false;
      const auto failed = look([&](auto& error) { error = flight->failed, skip = flight->done[i]; });
      if (failed) break;
      if (skip) continue;
      if (!patience.enter()) break;
      look([&](auto&) { ++flight->under_way; });
      session_->write_counts(
          batches[i].place, batches[i].rows,
          [flight, window = window_, i, rows = batches[i].rows.size(), &written = rows_, &failed = failed_,
           &took = write_seconds_, sent = steady_now()](const Result<void>& result) {
            took.Observe(std::chrono::duration<double>(steady_now() - sent).count());
            (result ? written : failed).Increment(result ? static_cast<double>(rows) : 1);
            window->leave([&] { flight->answered(i, result); });
          });
      failpoint("rows.partly");
    }
    const bool answered = patience.wait_for_answers();
    bool all = false;
    std::vector<bool> done;
    const auto failed = look([&](auto& error) {
      error = std::exchange(flight->failed, std::nullopt);
      done = flight->done;
      all = std::ranges::all_of(done, [](bool one) { return one; });
    });
    if (all) return {};
    const auto wait = backoff.next();
    const bool hopeless = failed && failed->kind != ErrorKind::transient;
    if (!hopeless && answered && steady_now() + wait < patience.until()) {
      std::this_thread::sleep_for(wait);
      continue;
    }
    give_back(batches, done);
    silent(patience.was_silent(done));
    if (hopeless) return fatal("Cassandra refuses counts: " + failed->what);
    return transient("Cassandra takes no counts: " + (failed ? failed->what : "no answer in time"));
  }
}

Result<void> CassandraStore::write_checkpoints(SteadyTime deadline) {
  std::vector<std::pair<Partition, Checkpoint>> due;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [partition, counts] : partitions_) {
      if (!counts.owned) continue;
      auto& written = counts.written;
      const auto after = std::ranges::find_if(
          written, [&](const auto& one) { return one.first + options_.sync_period > clock_.steady(); });
      if (after == written.begin()) continue;
      due.emplace_back(partition, std::prev(after)->second);
    }
  }
  if (!due.empty()) failpoint("checkpoint.before");
  const auto flight = std::make_shared<Flight>(due.size());
  for (std::size_t i = 0; i < due.size() && window_->enter(deadline); ++i) {
    window_->wait(steady_now(), [&] { return ++flight->under_way, true; });
    session_->write_checkpoint(generation_, due[i].first, due[i].second,
                               [flight, window = window_, i](const Result<void>& result) {
                                 window->leave([&] { flight->answered(i, result); });
                               });
    if (i > 0) failpoint("checkpoint.partly");
  }
  window_->wait(deadline, [&] { return flight->under_way == 0; });
  if (!due.empty()) failpoint("checkpoint.after");
  std::vector<bool> done;
  std::optional<Error> failed;
  window_->wait(steady_now(), [&] { return done = flight->done, failed = flight->failed, true; });
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < due.size(); ++i) {
    if (!done[i]) continue;
    PartitionCounts& counts = partitions_[due[i].first];
    counts.lasting = std::max(counts.lasting, due[i].second.next);
    std::erase_if(counts.written, [&](const auto& one) { return one.second.next <= counts.lasting; });
  }
  if (std::ranges::all_of(done, [](bool one) { return one; })) return {};
  if (std::ranges::none_of(done, [](bool one) { return one; })) silent_ = true;
  if (failed && failed->kind != ErrorKind::transient) {
    return fatal("Cassandra refuses a checkpoint: " + failed->what);
  }
  return transient("Cassandra takes no checkpoints: " + (failed ? failed->what : "no answer in time"));
}

Result<std::map<Partition, Offset>> CassandraStore::flush(const FlushLimits& limits) {
  const SteadyTime deadline = steady_now() + limits.all;
  {
    std::unique_lock lock(mutex_);
    if (!flushed_.wait_until(lock, deadline, [this] { return !flushing_; })) {
      return transient("another flush to Cassandra takes its time");
    }
    flushing_ = true;
    silent_ = false;
  }
  auto lasting = flush_alone(limits, deadline);
  {
    const std::lock_guard lock(mutex_);
    flushing_ = false;
    // Until a whole flush has got through: a try that lasts does not mean that it is well.
    trouble_ = lasting ? std::nullopt : std::optional(lasting.error().what);
    if (!lasting && silent_ && options_.sync_period.count() > 0) distrust();
  }
  flushed_.notify_one();
  return lasting;
}

Result<std::map<Partition, Offset>> CassandraStore::flush_alone(const FlushLimits& limits,
                                                                SteadyTime deadline) {
  if (auto taken = take_over(); !taken) return tl::make_unexpected(taken.error());
  std::map<Partition, Checkpoint> at;
  const auto batches = take_batches(at);
  if (!batches.empty()) failpoint("rows.before");
  if (auto sent = send(batches, limits, deadline); !sent) return tl::make_unexpected(sent.error());
  if (!batches.empty()) failpoint("rows.after");
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, checkpoint] : at) {
      PartitionCounts& counts = partitions_[partition];
      counts.in_rows = std::max(counts.in_rows, checkpoint.counted);
      const auto newest = counts.written.empty() ? counts.lasting : counts.written.back().second.next;
      // A few within a period will do, however often this is called.
      const bool soon =
          !counts.written.empty() &&
          counts.written.back().first + options_.sync_period / kCheckpointsPerSyncPeriod > clock_.steady();
      if (counts.owned && !counts.doubtful && checkpoint.next > newest && !soon) {
        counts.written.emplace_back(clock_.steady(), checkpoint);
      }
    }
  }
  const SteadyTime until = std::min(deadline, steady_now() + limits.silence);
  if (auto written = write_checkpoints(until); !written) {
    return tl::make_unexpected(written.error());
  }
  const std::lock_guard lock(mutex_);
  std::map<Partition, Offset> lasting;
  for (const auto& [partition, counts] : partitions_) {
    if (counts.owned && counts.lasting > Offset{}) lasting[partition] = counts.lasting;
  }
  return lasting;
}

void CassandraStore::own(std::span<const Partition> partitions) {
  const std::lock_guard lock(mutex_);
  for (const Partition partition : partitions) partitions_[partition].taking_over = true;
}

// What the owner before left unwritten is what its checkpoint does not include: all of that is written again.
// Who owns nothing has nothing to write that would tell that Cassandra is back, and asks by this.
Result<void> CassandraStore::take_over() {
  const auto waits = [](const auto& entry) { return entry.second.taking_over; };
  const auto owned = [](const auto& entry) { return entry.second.owned; };
  {
    const std::lock_guard lock(mutex_);
    const bool asks = trouble_ && std::ranges::none_of(partitions_, owned);
    if (!asks && std::ranges::none_of(partitions_, waits)) return {};
  }
  auto checkpoints = session_->read_checkpoints(generation_);
  if (!checkpoints) {
    silent(true);
    return tl::make_unexpected(checkpoints.error());
  }
  const std::lock_guard lock(mutex_);
  for (auto& [partition, counts] : partitions_) {
    if (!std::exchange(counts.taking_over, false)) continue;
    counts.owned = true;
    counts.lasting = (*checkpoints)[partition].next;
    counts.in_rows = (*checkpoints)[partition].counted;
    for (KeyCounts& keys : counts.keys) keys.mark_since(counts.lasting);
  }
  return {};
}

void CassandraStore::silent(bool was) {
  const std::lock_guard lock(mutex_);
  silent_ = silent_ || was;
}

// Servers that were away may have lost power, and with it what they acknowledged and had not synced: all rows
// beyond the checkpoint are written again, and no checkpoint comes of those written before.
void CassandraStore::distrust() {
  for (auto& [partition, counts] : partitions_) {
    if (!counts.owned) continue;
    counts.taking_over = true;
    counts.doubtful = true;
    counts.written.clear();
  }
}

std::map<Partition, Offset> CassandraStore::release(std::span<const Partition> partitions,
                                                    std::chrono::milliseconds limit) {
  const bool ours = limit.count() > 0;
  std::map<Partition, std::uint64_t> counted;  // what comes in during the flush is not held against it
  {
    const std::lock_guard lock(mutex_);
    for (const Partition partition : partitions) counted[partition] = partitions_[partition].at.counted;
  }
  // When it fails, the next owner writes what this one could not: it counts the same log.
  if (ours) std::ignore = flush(limit);
  const std::lock_guard lock(mutex_);
  std::map<Partition, Offset> lasting;
  for (const Partition partition : partitions) {
    PartitionCounts& counts = partitions_[partition];
    if (ours && counts.owned && counts.lasting > Offset{}) lasting[partition] = counts.lasting;
    if (ours && counts.owned && counted[partition] > counts.in_rows) {
      handed_over_unwritten_.Increment(static_cast<double>(counted[partition] - counts.in_rows));
    }
    counts.owned = false;
    counts.taking_over = false;
    counts.written.clear();
    for (KeyCounts& keys : counts.keys) keys.take();
  }
  return lasting;
}

Offset CassandraStore::replayed_to(Partition partition) const {
  const std::lock_guard lock(mutex_);
  const auto counts = partitions_.find(partition);
  return counts == partitions_.end() ? Offset{} : counts->second.replayed_to;
}

std::optional<std::string> CassandraStore::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

StoreView CassandraStore::view() {
  const std::lock_guard lock(mutex_);
  StoreView view{totals_.view(), {}};
  for (const auto& [partition, counts] : partitions_) {
    if (counts.known) view.included.emplace_back(partition, counts.at.next);
  }
  return view;
}

StoreSize CassandraStore::size() const {
  const std::lock_guard lock(mutex_);
  return {totals_.domains(), totals_.users(), totals_.changes(), totals_.revision()};
}

}  // namespace wikiflow::store::cassandra
