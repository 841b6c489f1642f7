#include "pipeline/dead_letters.h"

#include "base/thread.h"

namespace wikiflow::pipeline {
namespace {

constexpr std::string_view kDeadLetters = "dead-letters";
constexpr std::chrono::milliseconds kFirstWait{500};
constexpr std::chrono::milliseconds kLongestWait{10'000};
constexpr std::chrono::milliseconds kAcknowledgement{100};
constexpr std::size_t kShownBytes = 200;
constexpr std::size_t kOverhead = 512;  // of a letter that waits, about

std::size_t bytes_of(const DeadLetter& letter) { return letter.value.size() + letter.why.size() + kOverhead; }

}  // namespace

DeadLetters::DeadLetters(WriterFactory open_writer, TailsReader tails, const DeadLettersOptions& options,
                         Clock& clock, Metrics& metrics)
    : open_writer_(std::move(open_writer)),
      tails_(std::move(tails)),
      options_(options),
      clock_(clock),
      failures_(
          metrics.counter("wikiflow_dead_letter_failures_total",
                          "Times the dead-letter topic could not be opened or written. Nothing passes a "
                          "letter that is not written: look at /readyz and the log.")),
      waiting_gauge_(metrics.gauge("wikiflow_dead_letters_waiting",
                                   "Letters not yet acknowledged by the dead-letter topic. Standing above 0 "
                                   "means that it cannot be written, and that work stops.")),
      backoff_(kFirstWait, kLongestWait, static_cast<std::uint64_t>(unix_ms(clock.now()))) {
  for (const DeadReason reason :
       {DeadReason::malformed, DeadReason::oversized, DeadReason::refused, DeadReason::undecodable}) {
    written_[reason] = &metrics.counter("wikiflow_dead_letters_total",
                                        "Events and records that were kept in the dead-letter topic because "
                                        "they could not be counted. See `wikiflow dlq list`.",
                                        {{"reason", std::string(to_string(reason))}});
  }
  metrics.gauge("wikiflow_dead_letters_waiting_limit", "The bound of wikiflow_dead_letters_waiting.")
      .Set(static_cast<double>(options_.max_waiting));
  thread_ = std::jthread([this](const std::stop_token& stop) {
    name_this_thread("dead-letters");
    run(stop);
  });
}

DeadLetters::~DeadLetters() {
  thread_.request_stop();
  thread_.join();
}

bool DeadLetters::has_room() const {
  return waiting_.size() < options_.max_waiting && waiting_bytes_ < options_.max_waiting_bytes;
}

DeadLetters::Ticket DeadLetters::put(DeadLetter letter, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (!moved_.wait(lock, stop, [this] { return has_room(); })) return kNever;
  return take(std::move(letter));
}

DeadLetters::Ticket DeadLetters::put_at_once(DeadLetter letter) {
  const std::lock_guard lock(mutex_);
  return take(std::move(letter));
}

DeadLetters::Ticket DeadLetters::take(DeadLetter letter) {
  if (known_ids_.contains(letter.id)) return 0;
  const auto [at, is_new] = tickets_.try_emplace(letter.id, last_ + 1);
  if (!is_new) return at->second;
  letter.time = clock_.now();
  letter.by = options_.by;
  waiting_bytes_ += bytes_of(letter);
  waiting_.push_back({++last_, std::move(letter), std::nullopt});
  waiting_gauge_.Set(static_cast<double>(waiting_.size()));
  moved_.notify_all();
  return last_;
}

bool DeadLetters::full() const {
  const std::lock_guard lock(mutex_);
  return !has_room();
}

Result<void> DeadLetters::flush(std::chrono::milliseconds limit) {
  {
    std::unique_lock lock(mutex_);
    const Ticket last = last_;
    if (moved_.wait_for(lock, limit, [&] { return acknowledged_ >= last; })) return {};
  }
  const auto why = trouble();
  return transient("dead letters are not acknowledged" + (why ? ": " + *why : " yet"));
}

std::optional<std::string> DeadLetters::trouble() const {
  std::shared_ptr<topic::Writer> writer;
  bool no_room = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    if (!failure_.empty()) return failure_;
    writer = writer_;
    no_room = !has_room();
  }
  if (writer) {
    if (auto why = writer->trouble()) return why;
  }
  if (no_room) return "too many dead letters wait to be acknowledged";
  return std::nullopt;
}

void DeadLetters::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!moved_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
    }
    if (!writer_ && !open(stop)) continue;
    auto sent = send_all(stop);
    if (sent) {
      auto flushed = writer_->flush(kAcknowledgement);
      if (!flushed && flushed.error().kind == ErrorKind::fatal) sent = std::move(flushed);
    }
    // It counts as passed what it refused, which of these may never be.
    if (writer_->refused() > 0) {
      sent = bad_input("the dead-letter topic refuses a letter; raise its max.message.bytes");
    } else {
      settle();
    }
    if (!sent && !stop.stop_requested()) failed(sent.error().what, stop);
  }
}

bool DeadLetters::open(const std::stop_token& stop) {
  auto writer = open_writer_();
  if (writer) {
    if (auto known = read_known(); !known) writer = tl::make_unexpected(known.error());
  }
  if (!writer) {
    failed(writer.error().what, stop);
    return false;
  }
  taken_ = 0;
  const std::lock_guard lock(mutex_);
  writer_ = *std::move(writer);
  failure_.clear();
  for (Waiting& waiting : waiting_) waiting.sent.reset();
  return true;
}

Result<void> DeadLetters::read_known() {
  if (read_known_ || !tails_) return {};
  const auto tails = tails_();
  if (!tails && tails.error().kind == ErrorKind::transient) return tl::make_unexpected(tails.error());
  read_known_ = true;
  if (!tails) {
    log_warn(kDeadLetters,
             "cannot read the dead-letter topic: letters that are there already are written again",
             {{"why", tails.error().what}});
    return {};
  }
  const std::lock_guard lock(mutex_);
  for (const topic::Tail& tail : *tails) {
    for (const auto& record : tail.records) {
      if (const auto id = dead_letter_id(record)) remember(*id);
    }
  }
  for (Waiting& waiting : waiting_) waiting.done = known_ids_.contains(waiting.letter.id);
  return {};
}

// Those that wait and were not sent by this writer.
Result<void> DeadLetters::send_all(const std::stop_token& stop) {
  for (std::size_t i = 0;; ++i) {
    Waiting* waiting = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (i >= waiting_.size()) return {};
      waiting = &waiting_[i];  // stays where it is while others are put
    }
    if (waiting->sent || waiting->done) continue;
    const auto named = headers_of(waiting->letter);
    std::vector<topic::Header> headers;
    headers.reserve(named.size());
    for (const auto& [name, value] : named) headers.push_back({name, value});
    const std::string key = waiting->letter.id.to_string();
    if (auto sent = writer_->send({.key = key, .value = waiting->letter.value, .headers = headers}, stop);
        !sent) {
      return sent;
    }
    waiting->sent = taken_++;
  }
}

void DeadLetters::settle() {
  const std::uint64_t acknowledged = writer_->acknowledged();
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty()) {
    const Waiting& first = waiting_.front();
    const bool written = first.sent && *first.sent < acknowledged;
    if (!written && !first.done) break;
    if (written) {
      tell(first.letter);
      remember(first.letter.id);
      backoff_.reset();
    }
    tickets_.erase(first.letter.id);
    waiting_bytes_ -= bytes_of(first.letter);
    acknowledged_.store(first.ticket, std::memory_order_release);
    waiting_.pop_front();
  }
  waiting_gauge_.Set(static_cast<double>(waiting_.size()));
  moved_.notify_all();
}

void DeadLetters::remember(const EventId& id) {
  if (!known_ids_.insert(id).second) return;
  known_.push_back(id);
  if (known_.size() <= kKnownIds) return;
  known_ids_.erase(known_.front());
  known_.pop_front();
}

void DeadLetters::tell(const DeadLetter& letter) {
  written_.at(letter.reason)->Increment();
  const auto held = log_.allow(clock_.steady());
  if (!held) return;
  log_error(kDeadLetters, "cannot be counted, and is kept as a dead letter",
            {{"reason", std::string(to_string(letter.reason))},
             {"why", letter.why},
             {"origin", letter.origin},
             {"bytes", std::to_string(letter.size)},
             {"begins", letter.value.substr(0, kShownBytes)},
             {"held_back", std::to_string(*held)}});
}

void DeadLetters::failed(const std::string& why, const std::stop_token& stop) {
  failures_.Increment();
  {
    const std::lock_guard lock(mutex_);
    failure_ = why;
  }
  if (const auto held = failure_log_.allow(clock_.steady())) {
    log_warn(kDeadLetters, "the dead-letter topic cannot be written", {{"why", why}});
  }
  std::shared_ptr<topic::Writer> gone;
  {
    const std::lock_guard lock(mutex_);
    gone = std::exchange(writer_, nullptr);
  }
  gone.reset();
  clock_.sleep(backoff_.next(), stop);
}

}  // namespace wikiflow::pipeline
