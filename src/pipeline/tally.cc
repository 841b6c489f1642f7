#include "pipeline/tally.h"

#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

#include "base/thread.h"
#include "base/utf8.h"

namespace wikiflow::pipeline {
namespace {

constexpr std::string_view kPart = "tally";
constexpr std::chrono::milliseconds kPoll{500};
constexpr std::chrono::milliseconds kRetry{500};
constexpr std::chrono::milliseconds kShowEvery{1'000};
constexpr std::size_t kShownBytes = 200;

}  // namespace

Tally::Tally(topic::Reader& reader, store::CountStore& store, const TallyOptions& options, Clock& clock,
             Metrics& metrics)
    : reader_(reader),
      store_(store),
      options_(options),
      clock_(clock),
      records_(metrics.counter("wikiflow_tally_records_total", "Records counted.")),
      batches_(metrics.counter("wikiflow_tally_batches_total", "Batches counted.")),
      malformed_(
          metrics.counter("wikiflow_tally_malformed_total",
                          "Records that could not be decoded and were passed over. Look at the log: somebody "
                          "else may write to the topic.")),
      lag_(metrics.gauge(
          "wikiflow_tally_lag_records",
          "Records in the topic that are not counted yet. Growing means this consumer is too slow.")),
      complete_(
          metrics.gauge("wikiflow_tally_complete",
                        "1 when the counts hold all that the topic held at start. 0 for long: see /readyz.")),
      users_(metrics.gauge("wikiflow_tally_users", "Distinct users: what memory grows with.")),
      domains_(metrics.gauge("wikiflow_tally_domains", "Distinct domains.")) {}

Result<void> Tally::run(std::stop_token stop) {
  const std::stop_callback pass_on(stop, [this] { stop_workers_.request_stop(); });
  std::vector<std::jthread> workers;
  for (int i = 0; i < options_.workers; ++i) {
    workers.emplace_back([this] {
      name_this_thread("tally");
      work(stop_workers_.get_token());
    });
  }
  while (clock_.sleep(kShowEvery, stop_workers_.get_token())) show();
  workers.clear();
  show();
  if (auto flushed = reader_.flush_commits(options_.commit_limit); !flushed) {
    log_warn(kPart, "the last commits did not get through; only the lag shown for the group is affected",
             {{"why", flushed.error().what}});
  }
  const std::lock_guard lock(mutex_);
  if (failure_) return tl::make_unexpected(*failure_);
  return {};
}

void Tally::work(std::stop_token stop) {
  RecordDecoder decoder;
  std::vector<store::Item> items;
  while (!stop.stop_requested()) {
    auto batch = reader_.next(kPoll, stop);
    if (!batch) {
      if (batch.error().kind == ErrorKind::fatal) return fail(batch.error());
      clock_.sleep(kRetry, stop);
      continue;
    }
    if (!*batch) continue;
    count(**batch, decoder, items);
  }
}

void Tally::count(const topic::Batch& batch, RecordDecoder& decoder, std::vector<store::Item>& items) {
  const auto records = batch.records();
  decoder.clear(std::accumulate(
      records.begin(), records.end(), std::size_t{0},
      [](std::size_t sum, const auto& r) { return sum + RecordDecoder::room_for(r.value.size()); }));
  items.clear();
  for (const topic::Record& record : records) {
    const auto decoded = decoder.decode_counted(record.value);
    if (decoded) {
      items.push_back({record.offset, *decoded});
    } else {
      refuse(batch, record, decoded.error().what);
    }
  }
  if (auto added = store_.add(batch.partition(), items, {.next = batch.next()}); !added) return fail(added.error());
  counted(batch);
  records_.Increment(static_cast<double>(items.size()));
  batches_.Increment();
  reader_.commit(batch.partition(), batch.next());
}

void Tally::counted(const topic::Batch& batch) {
  const auto& first = batch.records().front();
  const std::lock_guard lock(mutex_);
  Seen& seen = seen_[batch.partition()];
  const bool begins = seen.last_time == Millis{};
  if (begins && first.offset > Offset{0}) seen.from = first.time;
  seen.included = batch.next();
  seen.last_time = batch.records().back().time;
}

void Tally::refuse(const topic::Batch& batch, const topic::Record& record, const std::string& why) {
  malformed_.Increment();
  const auto held = malformed_log_.allow(clock_.steady());
  if (!held) return;
  log_error(kPart, "passed over a record that cannot be decoded",
            {{"why", why},
             {"partition", std::to_string(batch.partition().number)},
             {"offset", std::to_string(record.offset.value)},
             {"value", sanitize_utf8(record.value.substr(0, kShownBytes))},
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
  answer.complete = !progress.empty() && silent <= options_.freshness;
  answer.as_of = progress.empty() ? std::nullopt : std::optional(heard);
  const std::lock_guard lock(mutex_);
  for (const auto& p : progress) {
    const auto known = seen_.find(p.partition);
    // Nothing counted yet: what is still in the log begins where the log begins.
    const Offset included = known != seen_.end() ? known->second.included : p.beginning;
    if (!p.end_known) {
      answer.complete = false;
      answer.as_of.reset();
      continue;
    }
    Seen& seen = known != seen_.end()
                     ? known->second
                     : seen_.try_emplace(p.partition, Seen{p.beginning, {}, {}, {}}).first->second;
    if (!seen.target) seen.target = p.end;
    answer.complete = answer.complete && included >= *seen.target;
    answer.since = std::max(answer.since, seen.from);
    if (included >= p.end) continue;
    answer.lag += p.end.value - included.value;
    if (seen.last_time == Millis{}) {
      answer.as_of.reset();
    } else if (answer.as_of) {
      answer.as_of = std::min(*answer.as_of, seen.last_time);
    }
  }
  return answer;
}

Answer Tally::answer() {
  const Freshness claimed = freshness();
  return {store_.view().totals, claimed};
}

void Tally::show() {
  const Freshness now = freshness();
  const store::StoreSize size = store_.size();
  lag_.Set(static_cast<double>(now.lag));
  complete_.Set(now.complete ? 1 : 0);
  users_.Set(static_cast<double>(size.users));
  domains_.Set(static_cast<double>(size.domains));
}

std::optional<std::string> Tally::trouble() const {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return failure_->what;
  }
  return reader_.trouble();
}

}  // namespace wikiflow::pipeline
