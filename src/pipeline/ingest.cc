#include "pipeline/ingest.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/log.h"
#include "event/codec.h"

namespace wikiflow::pipeline {
namespace {

constexpr std::string_view kPart = "ingest";
constexpr std::chrono::milliseconds kFirstWait{500};
constexpr std::chrono::milliseconds kLongestWait{30'000};

}  // namespace

Ingest::Ingest(source::Source& source, WriterFactory open_writer, const IngestOptions& options, Clock& clock,
               Metrics& metrics)
    : source_(source),
      open_writer_(std::move(open_writer)),
      options_(options),
      clock_(clock),
      backoff_(kFirstWait, kLongestWait, static_cast<std::uint64_t>(unix_ms(clock.now()))),
      records_(metrics.counter("wikiflow_ingest_records_total", "Records given to the topic.")),
      refused_(metrics.counter("wikiflow_ingest_refused_total",
                               "Records that the topic can never take, skipped. Look at the log: the topic's "
                               "max.message.bytes may be too small.")),
      reopened_(metrics.counter("wikiflow_ingest_writer_reopened_total",
                                "Times the writer failed for good and was opened again. Look at the log.")),
      unacknowledged_(
          metrics.gauge("wikiflow_ingest_unacknowledged_records",
                        "Records sent and not yet acknowledged. Standing high means a slow broker.")) {}

Result<void> Ingest::run(std::stop_token stop) {
  stop_ = stop;
  while (open_writer(stop)) {
    const auto again = run_writer(stop);
    if (!again) return tl::make_unexpected(again.error());
    if (!*again) return {};
  }
  return {};
}

bool Ingest::open_writer(std::stop_token stop) {
  while (!stop.stop_requested()) {
    auto writer = open_writer_();
    const std::string failure = writer ? "" : writer.error().what;
    bool news = false;
    {
      const std::lock_guard lock(writer_mutex_);
      news = failure != failure_;
      failure_ = failure;
      if (writer) writer_ = *std::move(writer);
    }
    if (failure.empty()) return true;
    if (news) log_warn(kPart, "cannot write to the topic", {{"why", failure}});
    if (!clock_.sleep(backoff_.next(), stop)) return false;
  }
  return false;
}

// True when the writer failed and another one must go on.
Result<bool> Ingest::run_writer(std::stop_token stop) {
  sent_ = 0;
  in_flight_.clear();
  marks_.clear();
  not_taken_.reset();
  const auto ended = source_.run(*this, stop);
  if (ended != sse::Ended::by_sink) return drain().map([] { return false; });
  go_back();
  return true;
}

bool Ingest::on_change(const Change& change, const source::Position& at) {
  encode_record(change, value_);
  encode_key(change, key_);
  at.encode(position_bytes_);
  const std::array headers{topic::Header{kHeaderEventId, change.id.raw()},
                           topic::Header{kHeaderPosition, position_bytes_},
                           topic::Header{kHeaderSource, options_.source_name}};
  const std::uint64_t before = sent_;
  const bool alive = send({.key = key_, .value = value_, .headers = headers});
  // A change that the failed writer did not take is as lost as those that it had in flight.
  if (sent_ != before || !alive) keep_track(change, at, alive);
  return alive;
}

// False when the writer has failed for good.
bool Ingest::send(const topic::OutRecord& record) {
  auto sent = writer_->send(record, stop_);
  if (!sent && sent.error().kind == ErrorKind::transient) {
    // Asked to stop while the queue was full. What was read must still get there: make room, then send.
    if (writer_->flush(options_.drain_limit)) sent = writer_->send(record, {});
  }
  if (sent) {
    ++sent_;
    sent_total_.store(sent_total_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    records_.Increment();
    return true;
  }
  if (sent.error().kind == ErrorKind::bad_input) {
    refused_.Increment();
    log_error(kPart, "skipped a record that the topic cannot take", {{"why", sent.error().what}});
    return true;
  }
  log_error(kPart, "the writer failed", {{"why", sent.error().what}});
  return false;
}

void Ingest::keep_track(const Change& change, const source::Position& at, bool taken) {
  if (taken) {
    in_flight_.push_back(change.id);
  } else {
    not_taken_ = change.id;
  }
  if (marks_.empty() || sent_ - marks_.back().sent >= kPositionEvery) {
    marks_.push_back({sent_, at});
    forget_acknowledged();
  }
}

void Ingest::forget_acknowledged() {
  const std::uint64_t acknowledged = writer_->acknowledged();
  const std::uint64_t unacknowledged = sent_ - std::min(acknowledged, sent_);
  unacknowledged_.Set(static_cast<double>(unacknowledged));
  while (in_flight_.size() > unacknowledged) in_flight_.pop_front();
  while (marks_.size() > 1 && marks_[1].sent <= acknowledged) marks_.pop_front();
}

// After a failure: the source is to send again from the last record that is safe.
void Ingest::go_back() {
  reopened_.Increment();
  forget_acknowledged();
  std::vector<EventId> lost(in_flight_.begin(), in_flight_.end());
  if (not_taken_) lost.push_back(*not_taken_);
  log_warn(kPart, "opening another writer", {{"to_send_again", std::to_string(lost.size())}});
  if (!marks_.empty()) source_.rewind(marks_.front().position, lost);
  const std::lock_guard lock(writer_mutex_);
  writer_.reset();
}

Result<void> Ingest::drain() {
  auto flushed = writer_->flush(options_.drain_limit);
  forget_acknowledged();
  if (flushed) {
    log_info(kPart, "everything read is acknowledged", {{"records", std::to_string(sent_)}});
    return {};
  }
  const std::string left = std::to_string(sent_ - std::min(writer_->acknowledged(), sent_));
  log_error(kPart, "records not acknowledged", {{"records", left}, {"why", flushed.error().what}});
  return transient(left + " records were read but not acknowledged: " + flushed.error().what);
}

std::optional<std::string> Ingest::trouble() const {
  std::shared_ptr<topic::Writer> writer;
  {
    const std::lock_guard lock(writer_mutex_);
    if (!failure_.empty()) return failure_;
    writer = writer_;
  }
  if (!writer) return "not connected yet";
  return writer->trouble();
}

}  // namespace wikiflow::pipeline
