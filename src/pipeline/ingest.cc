#include "pipeline/ingest.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/failpoint.h"
#include "base/log.h"
#include "event/codec.h"
#include "event/record_header.h"

namespace wikiflow::pipeline {
namespace {

constexpr std::string_view kIngest = "ingest";
constexpr std::chrono::milliseconds kFirstReopen{500};
constexpr std::chrono::milliseconds kLongestReopen{30'000};
constexpr std::chrono::milliseconds kReachAge{5'000};  // asked for every second
constexpr std::chrono::milliseconds kPoll{10};
constexpr std::uint64_t kMostAfterALetter = 16'384;

}  // namespace

Ingest::Ingest(source::Source& source, WriterFactory open_writer, const IngestOptions& options, Clock& clock,
               Metrics& metrics)
    : source_(source),
      open_writer_(std::move(open_writer)),
      options_(options),
      clock_(clock),
      backoff_(kFirstReopen, kLongestReopen, static_cast<std::uint64_t>(unix_ms(clock.now()))),
      lead_(options.dedupe_window),
      most_after_a_letter_(
          options.dedupe_window > 0
              ? std::min(kMostAfterALetter, static_cast<std::uint64_t>(options.dedupe_window) / 8)
              : kMostAfterALetter),
      records_(metrics.counter("wikiflow_ingest_records_total", "Records given to the topic.")),
      refused_(metrics.counter("wikiflow_ingest_refused_total",
                               "Records that the topic can never take. See `wikiflow dlq list`: the topic's "
                               "max.message.bytes may be too small.")),
      reopened_(metrics.counter("wikiflow_ingest_writer_reopened_total",
                                "Times the writer failed for good and was opened again. Look at the log.")),
      lost_positions_(metrics.counter(
          "wikiflow_ingest_position_lost_total",
          "Times the topic had records, but none in reach said how far the source is in it. Changes may be "
          "missing: look for other writers to the topic.")),
      behind_(
          metrics.counter("wikiflow_ingest_behind_total",
                          "Times this producer was far behind another one of the topic, and went on where "
                          "the topic ends. Often: its connection to the source is too slow.")),
      unacknowledged_(
          metrics.gauge("wikiflow_ingest_unacknowledged_records",
                        "Records sent and not yet acknowledged. Standing high means a slow broker.")),
      positions_(metrics.gauge("wikiflow_ingest_positions_waiting",
                               "Positions reached whose records or dead letters are not all acknowledged.")) {
}

Result<void> Ingest::run(std::stop_token stop) {
  stop_ = stop;
  for (;;) {
    auto going = open_writer(stop);
    if (going && *going) going = resume(stop);
    if (going && *going) going = run_writer(stop);
    if (!going) return tl::make_unexpected(going.error());
    if (!*going || !clock_.sleep(backoff_.next(), stop)) return {};
  }
}

// False when asked to stop. Error: what waiting does not mend.
Result<bool> Ingest::open_writer(std::stop_token stop) {
  while (!stop.stop_requested()) {
    auto writer = open_writer_();
    set_trouble(writer ? "" : writer.error().what, "cannot write to the topic");
    if (writer) {
      const std::lock_guard lock(writer_mutex_);
      writer_ = *std::move(writer);
      failpoint("produce.opened");
      return true;
    }
    if (writer.error().kind == ErrorKind::bad_input) return tl::make_unexpected(writer.error());
    if (!clock_.sleep(backoff_.next(), stop)) return false;
  }
  return false;
}

// Says what stands in the way, once, or that nothing does.
void Ingest::set_trouble(const std::string& failure, std::string_view what) {
  bool news = false;
  {
    const std::lock_guard lock(writer_mutex_);
    news = failure != failure_;
    failure_ = failure;
  }
  if (news && !failure.empty()) log_warn(kIngest, what, {{"why", failure}});
}

// Lets the source go on where the topic ends. As open_writer().
Result<bool> Ingest::resume(std::stop_token stop) {
  interval_.clear();
  sent_ = 0;
  come_ = 0;
  refused_seen_ = 0;
  if (!options_.tails) {
    source_.resume(through_, {});
    return true;
  }
  while (!stop.stop_requested()) {
    const auto tails = options_.tails();
    set_trouble(tails ? "" : tails.error().what, "cannot read where the topic ends, so nothing is sent yet");
    if (tails) {
      std::int64_t end = 0;
      for (const topic::Tail& tail : *tails) end += tail.end.value;
      lead_.begin(end);
      go_on(find_place(*tails, own_interval()));
      return true;
    }
    if (tails.error().kind == ErrorKind::bad_input) return tl::make_unexpected(tails.error());
    if (!clock_.sleep(backoff_.next(), stop)) return false;
  }
  return false;
}

void Ingest::go_on(const Place& place) {
  from_ = place.known ? place.known->from : source::Position();
  through_ = place.known ? place.known->through : source::Position();
  lost_ = !place.known && !place.fresh;
  if (const auto newest = through_.newest()) {
    log_info(kIngest, "going on where the topic ends",
             {{"at", format_rfc3339(*newest)}, {"records_looked_at", std::to_string(place.seen.size())}});
  }
  if (lost_) {
    lost_positions_.Increment();
    log_error(kIngest, "the topic's last records say no position: what was sent since may be missing",
              {{"begin", format_rfc3339(source_.start())}});
  }
  source_.resume(through_, place.seen);
  failpoint("produce.resumed");
}

std::optional<source::Interval> Ingest::own_interval() const {
  if (through_.empty()) return std::nullopt;
  return source::Interval{from_.shaped_like(through_, source_.start()), through_};
}

// True when another writer must go on: this one failed, or is too far behind.
Result<bool> Ingest::run_writer(std::stop_token stop) {
  const bool alive = !lost_ || tell_gap({}, {}, source_.start());
  const auto ended = alive ? source_.run(*this, stop) : sse::Ended::by_sink;
  if (ended != sse::Ended::by_sink || stop.stop_requested()) return drain().map([] { return false; });
  close_writer();
  return true;
}

bool Ingest::on_change(const Change& change, const source::Position& at) {
  ++come_;
  if (!letters_keep_up()) return false;
  encode_record(change, value_);
  encode_key(change, key_);
  at.encode(position_bytes_);
  refresh_interval(at);
  RecordHeader{
      .id = change.id, .source = options_.source_name, .position = position_bytes_, .interval = interval_}
      .encode(header_);
  const std::array headers{topic::Header{kRecordHeader, header_}};
  if (!keeps_up() || !send({.key = key_, .value = value_, .headers = headers})) return false;
  keep_track(at);
  return true;
}

void Ingest::on_dropped(const source::Position& at) {
  ++come_;
  if (marks_.empty() || marks_.back().sent != sent_ || marks_.back().letters != letters_) {
    mark(at);
  } else {
    marks_.back().position = at;
  }
  pass_acknowledged();
}

void Ingest::on_refused(const source::Refused& event, const source::Position& at) {
  if (options_.dead_letters != nullptr) {
    letters_ = std::max(letters_, options_.dead_letters->put(dead_event(event), stop_));
  }
  on_dropped(at);
}

bool Ingest::on_gap(const source::Position& asked, const source::Position& found) {
  return !options_.tails || tell_gap(asked, found, *found.newest());
}

bool Ingest::wants_more() {
  show_unacknowledged();
  const auto reach = writer_->reach();
  return reach || writer_failed(reach.error());
}

// False, as those that ask answer then.
bool Ingest::writer_failed(const Error& error) {
  log_error(kIngest, "the writer failed", {{"why", error.what}});
  return false;
}

// Any partition. What was acknowledged before stands in the records around it.
bool Ingest::tell_gap(const source::Position& asked, const source::Position& found, Millis to) {
  lost_ = false;
  encode_gap(asked.newest(), to, value_);
  source::Interval{asked.shaped_like(found, source_.start()), found}.encode(position_bytes_);
  const std::array headers{topic::Header{kHeaderGap, position_bytes_}};
  return send({.key = {}, .value = value_, .headers = headers});
}

// False when asked to stop while too much would not be passed for want of a letter's acknowledgement, or when
// the writer has failed for good.
bool Ingest::letters_keep_up() {
  while (!marks_.empty() && come_ - marks_.front().come > most_after_a_letter_ &&
         options_.dead_letters != nullptr && marks_.front().letters > options_.dead_letters->acknowledged()) {
    if (const auto reach = writer_->reach(); !reach) return writer_failed(reach.error());
    if (!clock_.sleep(kPoll, stop_)) return false;
    pass_acknowledged();
  }
  return true;
}

// False when the others are too far ahead for anything to be sent, when asked to stop before that is known
// (what is not sent is not passed, and the next start reads it again), or when the writer has failed for
// good.
bool Ingest::keeps_up() {
  while (lead_.watched()) {
    const auto reach = writer_->reach();
    if (!reach) return writer_failed(reach.error());
    if (*reach && clock_.steady() - (*reach)->asked < kReachAge) {
      if (std::exchange(looked_, (*reach)->asked) == (*reach)->asked) return true;
      if (!lead_.too_far(**reach, sent_)) return true;
      behind_.Increment();
      log_warn(kIngest, "another producer is far ahead: going on where the topic ends");
      return false;
    }
    if (!clock_.sleep(kPoll, stop_)) return false;
  }
  return true;
}

// False when the writer has failed for good, or takes no more before a stop has to end.
bool Ingest::send(const topic::OutRecord& record) {
  auto sent = writer_->send(record, stop_);
  if (!sent && sent.error().kind == ErrorKind::transient) {
    // Asked to stop while the queue was full. What was read must still get there: make room, then send.
    if (!writer_->flush(drain_left())) return false;
    sent = writer_->send(record, {});
  }
  if (sent) {
    ++sent_;
    sent_total_.store(sent_total_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    records_.Increment();
    return true;
  }
  if (sent.error().kind == ErrorKind::bad_input) {
    refused_.Increment();
    log_error(kIngest, "a record that the topic cannot take", {{"why", sent.error().what}});
    if (options_.dead_letters != nullptr) {
      auto letter = dead_change(options_.topic, record.value, sent.error().what);
      letters_ = std::max(letters_, options_.dead_letters->put(std::move(letter), stop_));
    }
    return true;
  }
  return writer_failed(sent.error());
}

void Ingest::keep_track(const source::Position& at) {
  const bool news = marks_.empty() || marks_.back().letters != letters_;
  if (!news && sent_ - marks_.back().sent < kPositionEvery) return;
  mark(at);
  failpoint("produce.sent");
}

void Ingest::mark(const source::Position& at) {
  marks_.push_back({sent_, letters_, come_, at});
  show_unacknowledged();
}

std::uint64_t Ingest::unacknowledged() const { return sent_ - std::min(writer_->acknowledged(), sent_); }

void Ingest::show_unacknowledged() {
  unacknowledged_.Set(static_cast<double>(unacknowledged()));
  positions_.Set(static_cast<double>(marks_.size()));
}

// Moves through_ to the last position before which all is acknowledged.
void Ingest::pass_acknowledged() {
  const std::uint64_t acknowledged = writer_->acknowledged();
  take_refused();
  const auto letters = options_.dead_letters != nullptr ? options_.dead_letters->acknowledged() : letters_;
  while (!marks_.empty() && marks_.front().sent <= acknowledged && marks_.front().letters <= letters) {
    through_ = std::move(marks_.front().position);
    marks_.pop_front();
    interval_.clear();
    failpoint("acknowledge.passed");
  }
}

// Records that count as acknowledged, but are not in the topic. Asked for after acknowledged().
void Ingest::take_refused() {
  const std::uint64_t refused = writer_->refused();
  if (refused == refused_seen_) return;
  refused_seen_ = refused;
  for (const auto& record : writer_->take_refused()) {
    refused_.Increment();
    if (options_.dead_letters == nullptr) continue;
    auto letter = dead_change(options_.topic, record.value, record.why);
    letters_ = std::max(letters_, options_.dead_letters->put(std::move(letter), stop_));
    for (Mark& mark : marks_) {
      if (mark.sent > record.sequence) mark.letters = letters_;
    }
  }
}

void Ingest::refresh_interval(const source::Position& at) {
  pass_acknowledged();
  if (!interval_.empty()) return;
  const Millis start = source_.start();
  source::Interval{from_.shaped_like(at, start), through_.shaped_like(at, start)}.encode(interval_);
  failpoint("acknowledge.told");
}

// After a failure: what it had in flight is the topic's or nobody's; the topic will tell.
void Ingest::close_writer() {
  reopened_.Increment();
  pass_acknowledged();
  marks_.clear();
  if (writer_->acknowledged() > 0) backoff_.reset();
  log_warn(kIngest, "opening another writer", {{"not_acknowledged", std::to_string(unacknowledged())}});
  // Its end may take seconds; whoever asks trouble() does not wait for that.
  std::unique_ptr<topic::Writer> ended;
  const std::lock_guard lock(writer_mutex_);
  ended.swap(writer_);
}

// Of the time that a stop may take.
std::chrono::milliseconds Ingest::drain_left() {
  const SteadyTime now = clock_.steady();
  if (!drain_end_) drain_end_ = now + options_.drain_limit;
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(*drain_end_ - now),
                  std::chrono::milliseconds{0});
}

Result<void> Ingest::drain() {
  auto flushed = writer_->flush(drain_left());
  take_refused();
  show_unacknowledged();
  if (flushed && options_.dead_letters != nullptr) {
    auto kept = options_.dead_letters->flush(drain_left());
    if (!kept || letters_ == DeadLetters::kNever) {
      const std::string why = kept ? "stopped before all were taken" : kept.error().what;
      log_error(kIngest, "dead letters not acknowledged: the next start reads what they are about again",
                {{"why", why}});
      return transient(why);
    }
  }
  if (flushed) {
    log_info(kIngest, "everything read is acknowledged", {{"records", std::to_string(sent_)}});
    return {};
  }
  const std::string left = std::to_string(unacknowledged());
  log_error(kIngest, "records not acknowledged", {{"records", left}, {"why", flushed.error().what}});
  return transient(left + " records were read but not acknowledged: " + flushed.error().what);
}

std::optional<std::string> Ingest::trouble() const {
  {
    const std::lock_guard lock(writer_mutex_);
    if (!failure_.empty()) return failure_;
    if (!writer_) return "not connected yet";
    if (auto why = writer_->trouble()) return why;
  }
  const auto why = options_.dead_letters != nullptr ? options_.dead_letters->trouble() : std::nullopt;
  return why ? std::optional("dead letters: " + *why) : std::nullopt;
}

}  // namespace wikiflow::pipeline
