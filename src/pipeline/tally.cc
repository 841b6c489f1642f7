#include "pipeline/tally.h"

#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

#include "base/failpoint.h"
#include "base/thread.h"
#include "base/utf8.h"
#include "event/record_header.h"
#include "pipeline/flush_pace.h"

namespace wikiflow::pipeline {
namespace {

constexpr std::string_view kTally = "tally";
constexpr std::chrono::milliseconds kBatchWait{500};
constexpr std::chrono::milliseconds kRetry{500};
constexpr std::chrono::milliseconds kBoundsPoll{20};
constexpr std::size_t kShownValue = 200;

}  // namespace

Tally::Tally(topic::Reader& reader, store::CountStore& store, const store::Checkpoints& from,
             const TallyOptions& options, Clock& clock, Metrics& metrics, topic::Reader* committer)
    : reader_(reader),
      committer_(committer != nullptr ? *committer : reader),
      store_(store),
      options_(options),
      clock_(clock),
      records_(metrics.counter("wikiflow_tally_records_total", "Records counted.")),
      batches_(metrics.counter("wikiflow_tally_batches_total", "Batches counted.")),
      malformed_(
          metrics.counter("wikiflow_tally_malformed_total",
                          "Records that could not be decoded. See `wikiflow dlq list`: somebody else may "
                          "write to the topic.")),
      duplicates_(metrics.counter("wikiflow_tally_duplicates_total",
                                  "Records whose change was counted already. Some after each restart of a "
                                  "producer; as many as records when two producers run.")),
      gaps_(metrics.counter("wikiflow_tally_gaps_total",
                            "Gaps in the source that a producer has told of: changes are missing there.")),
      replayed_(metrics.counter("wikiflow_tally_replayed_total",
                                "Records read again at start, only to know duplicates of them.")),
      lag_(metrics.gauge(
          "wikiflow_tally_lag_records",
          "Records in the topic that are not counted yet. Growing means this consumer is too slow.")),
      complete_(
          metrics.gauge("wikiflow_tally_complete",
                        "1 when the counts hold all that the topic held at start. 0 for long: see /readyz.")),
      users_(metrics.gauge("wikiflow_tally_users", "Distinct users: what memory grows with.")),
      domains_(metrics.gauge("wikiflow_tally_domains", "Distinct domains.")),
      delays_(metrics) {
  for (const auto& [partition, checkpoint] : from) {
    lanes_[partition] = std::make_unique<Lane>(checkpoint, options_.dedupe_ids);
    seen_[partition] = {checkpoint.next, {}, checkpoint.since, {}, checkpoint.exact};
  }
}

Result<void> Tally::run(std::stop_token stop) {
  const std::stop_callback pass_on(stop, [this] { stop_workers_.request_stop(); });
  if (auto checked = begin(stop_workers_.get_token()); !checked) {
    fail(checked.error());
    return checked;
  }
  std::vector<std::jthread> workers;
  for (int i = 0; i < options_.workers; ++i) {
    workers.emplace_back([this] {
      name_this_thread("tally");
      work(stop_workers_.get_token());
    });
  }
  FlushPace pace(options_.flush_every, options_.flush_behind, options_.flush_changes);
  while (clock_.sleep(options_.flush_every, stop_workers_.get_token())) {
    const bool trouble = not_lasting_ || store_.trouble();
    if (pace.due(clock_.steady(), static_cast<std::uint64_t>(records_.Value()), show().lag, trouble))
      flush_in_run({options_.flush_limit, options_.flush_silence, stop_workers_.get_token()});
    if (auto member = look_after_membership(); !member) fail(member.error());
  }
  workers.clear();
  flush_in_run({options_.last_flush_limit, options_.commit_limit});
  show();
  if (auto flushed = committer_.flush_commits(options_.commit_limit); !flushed) {
    log_warn(kTally, "the last commits did not get through; only the lag shown for the group is affected",
             {{"why", flushed.error().what}});
  }
  const std::lock_guard lock(mutex_);
  if (failure_) return tl::make_unexpected(*failure_);
  return {};
}

Result<void> Tally::begin(std::stop_token stop) {
  std::vector<topic::Progress> progress = reader_.progress();
  const auto known = [&](const topic::Progress& p) { return p.end_known || !lanes_.contains(p.partition); };
  while (!std::ranges::all_of(progress, known)) {
    if (!clock_.sleep(kBoundsPoll, stop)) return {};
    progress = reader_.progress();
  }
  const std::lock_guard lock(mutex_);
  for (const auto& p : progress) {
    const auto lane = lanes_.find(p.partition);
    if (lane == lanes_.end()) continue;
    if (auto held = lane->second->log_reaches(p.beginning, p.end, p.partition); !held) return held;
  }
  return {};
}

Lane& Tally::lane_of(Partition partition) {
  const std::lock_guard lock(mutex_);
  auto& lane = lanes_[partition];
  if (!lane) lane = std::make_unique<Lane>(std::nullopt, options_.dedupe_ids);
  return *lane;
}

void Tally::work(std::stop_token stop) {
  Desk desk;
  while (!stop.stop_requested()) {
    const auto step = count_next(desk, kBatchWait, stop);
    if (!step) return fail(step.error());
    if (*step == Step::trouble) clock_.sleep(kRetry, stop);
  }
}

Result<Tally::Step> Tally::count_next(Desk& desk, std::chrono::milliseconds wait, std::stop_token stop) {
  if (store_.trouble() || (options_.undecodable && options_.undecodable->trouble())) return Step::trouble;
  auto batch = reader_.next(wait, std::move(stop));
  if (!batch) {
    if (batch.error().kind == ErrorKind::fatal) return tl::make_unexpected(batch.error());
    return Step::trouble;
  }
  if (!*batch) return Step::idle;
  if (auto done = count(**batch, desk); !done) return tl::make_unexpected(done.error());
  return Step::counted;
}

Result<void> Tally::count(const topic::Batch& batch, Desk& desk) {
  read_ids(batch, desk);
  Lane& lane = lane_of(batch.partition());
  if (auto judged = lane.judge(batch, desk.ids, desk.verdicts); !judged) return judged;
  take(batch, desk);
  const store::Checkpoint& after = lane.passed(batch, desk.items.size());
  const auto passing = bury(batch, desk);
  if (auto added = store_.add(batch.partition(), desk.items, after); !added) return added;
  failpoint("count.added");
  counted(batch, after);
  if (!desk.items.empty()) delays_.counted(batch.records().back().time, clock_.now());
  records_.Increment(static_cast<double>(desk.items.size()));
  batches_.Increment();
  return {};
}

// From the header, or else from the value, which is then decoded already.
void Tally::read_ids(const topic::Batch& batch, Desk& desk) {
  const auto records = batch.records();
  desk.decoder.clear(std::accumulate(
      records.begin(), records.end(), std::size_t{0},
      [](std::size_t sum, const auto& r) { return sum + RecordDecoder::room_for(r.value.size()); }));
  desk.ids.clear();
  desk.decoded.clear();
  for (const topic::Record& record : records) {
    std::optional<EventId>& id = desk.ids.emplace_back();
    if (const auto header = batch.header(record, kRecordHeader)) id = RecordHeader::id_of(*header);
    if (!id) desk.decoded.emplace_back(&record, desk.decoder.decode_counted(record.value, &id));
  }
}

void Tally::take(const topic::Batch& batch, Desk& desk) {
  desk.items.clear();
  desk.undecodable.clear();
  auto decoded = desk.decoded.begin();
  for (std::size_t i = 0; i < batch.records().size(); ++i) {
    const topic::Record& record = batch.records()[i];
    const bool before = decoded != desk.decoded.end() && decoded->first == &record;
    const auto at = before ? decoded++ : desk.decoded.end();
    if (desk.verdicts[i] == Lane::Verdict::replayed) {
      replayed_.Increment();
    } else if (desk.verdicts[i] == Lane::Verdict::duplicate) {
      duplicates_.Increment();
    } else if (before && !at->second && batch.header(record, kHeaderGap)) {  // its value is none of a change
      gaps_.Increment();
    } else {
      take(record, before ? at->second : desk.decoder.decode_counted(record.value), desk);
    }
  }
}

void Tally::take(const topic::Record& record, const Result<Counted>& decoded, Desk& desk) {
  if (decoded) {
    desk.items.push_back({record.offset, *decoded});
  } else {
    malformed_.Increment();
    desk.undecodable.emplace_back(&record, decoded.error().what);
  }
}

void Tally::counted(const topic::Batch& batch, const store::Checkpoint& checkpoint) {
  const std::lock_guard lock(mutex_);
  Seen& seen = seen_[batch.partition()];
  seen.from = checkpoint.since;
  seen.exact = checkpoint.exact;
  seen.included = checkpoint.next;
  seen.last_time = batch.records().back().time;
}

void Tally::flush_in_run(const store::FlushLimits& limits) {
  if (auto flushed = flush(limits); !flushed) fail(flushed.error());
}

Result<void> Tally::flush(const store::FlushLimits& limits) {
  std::unique_lock<std::mutex> passing;
  Result<void> settled;
  if (options_.undecodable) {
    passing = options_.undecodable->hold();
    settled = options_.undecodable->settle(std::min(limits.all, options_.commit_limit));
  }
  const SteadyTime began = clock_.steady();
  const auto lasting = settled.and_then([&] { return store_.flush(limits); });
  if (settled) delays_.flushed(clock_.steady() - began);
  if (!lasting) {
    if (lasting.error().kind == ErrorKind::fatal) return tl::make_unexpected(lasting.error());
    if (limits.stop.stop_requested()) return {};  // broken off: there is one more to come
    if (stop_workers_.stop_requested()) {
      log_warn(kTally, "the last counts are not kept; the next start counts them again",
               {{"why", lasting.error().what}});
    } else if (not_lasting_ != lasting.error().what) {
      not_lasting_ = lasting.error().what;
      log_warn(kTally, "counts are not lasting; no more are taken until they are", {{"why", *not_lasting_}});
    }
    return {};
  }
  if (std::exchange(not_lasting_, std::nullopt)) log_info(kTally, "counts are lasting again");
  failpoint("commit.before");
  for (const auto& [partition, next] : *lasting) {
    Offset& committed = committed_[partition];
    if (committed >= next) continue;
    committer_.commit(partition, next);
    committed = next;
  }
  failpoint("commit.after");
  return {};
}

// Out of the group for good, nothing of what is counted here would ever be kept by this process.
Result<void> Tally::look_after_membership() {
  if (&committer_ == &reader_) return {};
  const auto none = committer_.next(std::chrono::milliseconds{0}, stop_workers_.get_token());
  if (!none && none.error().kind == ErrorKind::fatal) return tl::make_unexpected(none.error());
  return {};
}

// What is returned is held until the batch is in the store.
std::unique_lock<std::mutex> Tally::bury(const topic::Batch& batch, const Desk& desk) {
  std::unique_lock<std::mutex> passing;
  if (!desk.undecodable.empty() && options_.undecodable) passing = options_.undecodable->hold();
  for (const auto& [record, why] : desk.undecodable) {
    if (options_.undecodable) {
      options_.undecodable->give(batch.partition(), *record, why);
    } else {
      pass_over(batch, *record, why);
    }
  }
  return passing;
}

void Tally::pass_over(const topic::Batch& batch, const topic::Record& record, const std::string& why) {
  const auto held = malformed_log_.allow(clock_.steady());
  if (!held) return;
  log_error(kTally, "passed over a record that cannot be decoded",
            {{"why", why},
             {"partition", std::to_string(batch.partition().number)},
             {"offset", std::to_string(record.offset.value)},
             {"value", sanitize_utf8(record.value.substr(0, kShownValue))},
             {"held_back", std::to_string(*held)}});
}

void Tally::fail(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = error;
  }
  stop_workers_.request_stop();
}

Freshness Tally::freshness() {
  // Asked before the counts are looked at, so that what is claimed was true of them.
  const SteadyTime contact = reader_.last_contact();
  const auto progress = reader_.progress();
  const auto silent = clock_.steady() - contact;
  const Millis heard = clock_.now() - std::chrono::duration_cast<std::chrono::milliseconds>(silent);

  Freshness answer;
  answer.caught_up = !progress.empty() && silent <= options_.freshness;
  bool exact = true;
  answer.as_of = progress.empty() ? std::nullopt : std::optional(heard);
  const std::lock_guard lock(mutex_);
  for (const auto& p : progress) {
    const auto known = seen_.find(p.partition);
    // Nothing counted yet: what is still in the log begins where the log begins.
    const Offset included = known != seen_.end() ? known->second.included : p.beginning;
    if (!p.end_known) {
      answer.caught_up = false;
      answer.as_of.reset();
      continue;
    }
    Seen& seen = known != seen_.end()
                     ? known->second
                     : seen_.try_emplace(p.partition, Seen{p.beginning, {}, {}, {}, true}).first->second;
    if (!seen.target) seen.target = p.end;
    const Offset whole = std::max(*seen.target, store_.replayed_to(p.partition));
    answer.caught_up = answer.caught_up && included >= whole;
    exact = exact && seen.exact;
    answer.since = std::max(answer.since, seen.from);
    if (included >= p.end) continue;
    answer.lag += p.end.value - included.value;
    if (seen.last_time == Millis{}) {
      answer.as_of.reset();
    } else if (answer.as_of) {
      answer.as_of = std::min(*answer.as_of, seen.last_time);
    }
  }
  answer.complete = answer.caught_up && exact;
  // What the counts held up to once they still do, whatever is on its way to them since.
  if (answer.as_of) answer.as_of = as_of_ = std::min(std::max(as_of_, *answer.as_of), clock_.now());
  return answer;
}

Answer Tally::answer() {
  const Freshness claimed = freshness();
  return {store_.view().totals, claimed};
}

Freshness Tally::show() {
  const Freshness now = freshness();
  const store::StoreSize size = store_.size();
  lag_.Set(static_cast<double>(now.lag));
  complete_.Set(now.complete ? 1 : 0);
  users_.Set(static_cast<double>(size.users));
  domains_.Set(static_cast<double>(size.domains));
  show_partitions();
  return now;
}

void Tally::show_partitions() {
  const Millis now = clock_.now();
  const Millis heard =
      now - std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - reader_.last_contact());
  const auto progress = reader_.progress();
  const std::lock_guard lock(mutex_);
  for (const auto& p : progress) {
    const auto seen = seen_.find(p.partition);
    if (!p.end_known || seen == seen_.end()) continue;
    const std::int64_t left = std::max<std::int64_t>(0, p.end.value - seen->second.included.value);
    delays_.behind(p.partition, {.records = left, .counted = seen->second.last_time, .heard = heard}, now);
  }
}

std::optional<std::string> Tally::trouble() const {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return failure_->what;
  }
  return reader_.trouble();
}

}  // namespace wikiflow::pipeline
