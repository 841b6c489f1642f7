#include "topic/local/reader.h"

#include <algorithm>

#include "rocks/slice.h"
#include "topic/in_process_reader.h"

namespace wikiflow::topic::local {
namespace {

constexpr std::size_t kBatchBytes = 4U << 20U;

// What is left of the chunk that the last batch ended in.
struct Rest {
  std::shared_ptr<const std::string> chunk;
  std::string_view bytes;
  std::int64_t next = -1;
};

class Lease final : public TurnLease {
 public:
  using TurnLease::TurnLease;

  std::optional<std::string_view> header(const Record& record, std::string_view name) const override {
    return find_header(*static_cast<const std::string_view*>(record.handle), name);
  }

  bool full(std::size_t most_records) const { return records.size() >= most_records || bytes >= kBatchBytes; }

  std::vector<std::shared_ptr<const std::string>> chunks;
  std::size_t bytes = 0;  // of the chunks
  std::vector<Record> records;
  std::vector<std::string_view> headers;
};

class LocalReader final : public InProcessReader {
 public:
  LocalReader(Log& log, Commits& commits, const ReaderOptions& options, Metrics& metrics, Clock& clock)
      : InProcessReader(options, metrics),
        log_(log),
        commits_(commits),
        clock_(clock),
        rests_(static_cast<std::size_t>(log.entry().partitions)) {
    log_.add_reader(*this);
    if (options.listener != nullptr) {
      follow(log_.group(options.group));
      return;
    }
    std::vector<std::pair<Partition, Offset>> beginning;
    for (std::int32_t i = 0; i < log_.entry().partitions; ++i) {
      beginning.push_back({{i}, start_of({i}, {log_.bounds({i}).beginning})});
    }
    read(beginning);
  }

  ~LocalReader() override {
    leave();
    log_.remove_reader(*this);
    static_cast<void>(commits_.save());
  }

  void commit(Partition partition, Offset next) override {
    commits_.set(options().group, log_.name(), partition, next);
  }

  Result<void> flush_commits(std::chrono::milliseconds /*limit*/) override { return commits_.save(); }

  std::vector<Progress> progress() const override {
    std::vector<Progress> all;
    for (const auto& [partition, next] : positions()) {
      const Bounds bounds = log_.bounds(partition);
      all.push_back({partition, next, {bounds.beginning}, {bounds.end}, true});
    }
    return all;
  }

  // The log is in this process: it is heard from whenever it is asked.
  SteadyTime last_contact() const override { return clock_.steady(); }

  std::optional<std::string> trouble() const override {
    if (const auto error = failure()) return error->what;
    return std::nullopt;
  }

 private:
  Result<std::optional<Batch>> fetch(Rota::Turn turn, Offset from) override {
    const Bounds bounds = log_.bounds(turn.partition);
    if (from.value < bounds.beginning || from.value > bounds.end) return gone(turn.partition, from);
    if (from.value == bounds.end) return std::nullopt;
    auto lease = std::make_unique<Lease>(rota(), turn);
    Rest& rest = rests_[static_cast<std::size_t>(turn.partition.number)];
    if (rest.next != from.value) rest = {};
    std::int64_t next = take(rest, from.value, *lease);
    if (next < bounds.end && !lease->full(options().max_batch_records)) {
      auto read = read_chunks(turn.partition, next, bounds.end, rest, *lease);
      if (!read) {
        lease->leave_turn();
        return tl::make_unexpected(read.error());
      }
      next = *read;
    }
    lease->set_more(next < bounds.end);
    for (std::size_t i = 0; i < lease->records.size(); ++i) lease->records[i].handle = &lease->headers[i];
    const std::span<const Record> records = lease->records;
    return Batch(turn.partition, records, {next}, std::move(lease));
  }

  tl::unexpected<Error> gone(Partition partition, Offset offset) const {
    return fatal(
        "topic '" + log_.name() + "', partition " + std::to_string(partition.number) + " has no offset " +
        std::to_string(offset.value) +
        ". Records were removed before they were read, or the log is not the one it was; start again to read "
        "what is there from the beginning, or give the topic a longer retention");
  }

  // Moves records from `rest` into the batch. Returns the offset that follows.
  std::int64_t take(Rest& rest, std::int64_t next, Lease& lease) const {
    if (!rest.chunk) return next;
    lease.chunks.push_back(rest.chunk);
    lease.bytes += rest.chunk->size();
    while (lease.records.size() < options().max_batch_records) {
      const auto record = take_record(rest.bytes);
      if (!record) {
        rest = {};
        return next;
      }
      lease.records.push_back({record->key, record->value, {next++}, record->time, nullptr});
      lease.headers.push_back(record->headers);
    }
    rest.next = next;
    return next;
  }

  Result<std::int64_t> read_chunks(Partition partition, std::int64_t next, std::int64_t end, Rest& rest,
                                   Lease& lease) const {
    const auto at = log_.chunks(partition, {next});
    for (; next < end && !lease.full(options().max_batch_records); at->Next()) {
      const auto key = at->Valid() ? decode_key(rocks::view_of(at->key())) : std::nullopt;
      if (!key || key->topic != log_.entry().id || key->partition != partition || key->first.value > next) {
        return gone(partition, {next});
      }
      rest.chunk = std::make_shared<const std::string>(rocks::view_of(at->value()));
      rest.bytes = *rest.chunk;
      for (std::int64_t skipped = key->first.value; skipped < next; ++skipped) {
        if (!take_record(rest.bytes)) return gone(partition, {next});
      }
      next = take(rest, next, lease);
    }
    return next;
  }

  Log& log_;
  Commits& commits_;
  Clock& clock_;
  std::vector<Rest> rests_;  // each used by the holder of its partition's turn
};

}  // namespace

std::unique_ptr<Reader> make_reader(Log& log, Commits& commits, const ReaderOptions& options,
                                    Metrics& metrics, Clock& clock) {
  return std::make_unique<LocalReader>(log, commits, options, metrics, clock);
}

}  // namespace wikiflow::topic::local
