#include "source/source.h"

#include "base/utf8.h"

namespace wikiflow::source {
namespace {

constexpr std::string_view kPart = "source";
constexpr auto kClockTolerance = std::chrono::minutes(1);
constexpr std::size_t kShownBytes = 200;  // of a malformed event, in the log

}  // namespace

Source::Source(sse::Stream& stream, const SourceOptions& options, const Clock& clock, Metrics& metrics)
    : stream_(stream),
      options_(options),
      clock_(clock),
      recent_(options.recent_ids),
      changes_(
          metrics.counter("wikiflow_source_changes_total",
                          "Changes received, without repeats. Standing still for a minute on the live stream "
                          "means the source is silent: see /readyz.")),
      canaries_(metrics.counter("wikiflow_source_canaries_total",
                                "Canary events dropped. Several an hour are normal; none for hours is not.")),
      duplicates_(metrics.counter("wikiflow_source_duplicates_total",
                                  "Changes received again and dropped. Grows at every reconnect.")),
      malformed_(metrics.counter("wikiflow_source_malformed_total",
                                 "Events that could not be understood. See `wikiflow dlq list`.")),
      oversized_(metrics.counter("wikiflow_source_oversized_total",
                                 "Events longer than the limit. See `wikiflow dlq list`.")),
      error_frames_(metrics.counter("wikiflow_source_error_frames_total",
                                    "Errors that the server reported on the stream. It then reconnects.")),
      bad_ids_(metrics.counter(
          "wikiflow_source_bad_ids_total",
          "Ids that could not be read, or lie in the future: they do not move the position.")),
      gaps_(metrics.counter("wikiflow_source_gaps_total",
                            "Times the source no longer had what it was asked to go on with: changes are "
                            "missing. Each is in the "
                            "log with both positions; keep a producer running, or a second one.")),
      last_event_time_(metrics.gauge("wikiflow_source_last_event_timestamp_seconds",
                                     "Event time of the last change. Far behind now means catching up.")) {}

sse::Ended Source::run(ChangeSink& sink, std::stop_token stop) {
  sink_ = &sink;
  const auto ended = stream_.run(*this, std::move(stop));
  sink_ = nullptr;
  const std::lock_guard lock(status_mutex_);
  status_.connected = false;
  return ended;
}

void Source::resume(const Position& position, std::span<const EventId> seen) {
  position_ = position;
  recent_.reset(seen);
}

SourceStatus Source::status() const {
  const std::lock_guard lock(status_mutex_);
  SourceStatus status = status_;
  if (const auto ms = last_event_ms_.load(); ms > 0) status.last_event = from_unix_ms(ms);
  return status;
}

std::string Source::last_event_id() {
  resumed_ = !position_.empty();
  return position_.resume_id(options_.margin);
}

void Source::on_open() {
  log_debug(kPart, "stream open", {{"resume", position_.resume_id(options_.margin)}});
  const std::lock_guard lock(status_mutex_);
  status_.connected = true;
  status_.trouble.clear();
}

bool Source::on_frame(const sse::Frame& frame) {
  if (frame.event == "error") {
    error_frames_.Increment();
    return true;
  }
  if (frame.event != "message") return true;
  if (resumed_) {
    const Position asked = position_;
    move_position(frame.last_event_id);
    if (!look_for_gap(asked)) return false;
  } else {
    move_position(frame.last_event_id);
  }
  const auto decoded = decoder_.decode(frame.data);
  if (!decoded) {
    refuse(frame, decoded.error().what);
    return true;
  }
  if (decoded->canary) {
    canaries_.Increment();
    sink_->on_dropped(position_);
    return true;
  }
  const Change& change = decoded->change;
  if (!recent_.add(change.id)) {
    duplicates_.Increment();
    sink_->on_dropped(position_);
    return true;
  }
  changes_.Increment();
  if (change.dt) {
    last_event_ms_.store(unix_ms(*change.dt), std::memory_order_relaxed);
    last_event_time_.Set(static_cast<double>(unix_ms(*change.dt)) / 1000);
  }
  return sink_->on_change(change, position_);
}

void Source::move_position(std::string_view id) {
  if (id.empty()) return;
  const auto components = id_reader_.read(id);
  if (components && !position_.advance(**components, clock_.now() + kClockTolerance, options_.start)) return;
  bad_ids_.Increment();
  if (const auto held = malformed_log_.allow(clock_.steady())) {
    log_warn(kPart, "an id that does not move the position",
             {{"id", sanitize_utf8(id.substr(0, kShownBytes))}, {"held_back", std::to_string(*held)}});
  }
}

// False when the sink has enough.
bool Source::look_for_gap(const Position& asked) {
  resumed_ = false;
  const auto wanted = asked.newest_seen();
  const auto found = position_.newest();
  if (!wanted || !found || *found - *wanted <= options_.gap_tolerance) return true;
  gaps_.Increment();
  log_error(kPart, "a gap: the source no longer has what it was asked to go on with",
            {{"asked", format_rfc3339(*wanted)}, {"found", format_rfc3339(*found)}});
  return sink_->on_gap(asked, position_);
}

void Source::refuse(const sse::Frame& frame, const std::string& why) {
  malformed_.Increment();
  if (const auto held = malformed_log_.allow(clock_.steady())) {
    log_error(kPart, "an event is malformed",
              {{"why", why},
               {"id", sanitize_utf8(frame.last_event_id.substr(0, kShownBytes))},
               {"data", sanitize_utf8(frame.data.substr(0, kShownBytes))},
               {"held_back", std::to_string(*held)}});
  }
  sink_->on_refused({.oversized = false,
                     .data = frame.data,
                     .bytes = frame.data.size(),
                     .id = decoder_.refused_id(),
                     .why = why},
                    position_);
}

void Source::on_oversized(std::uint64_t bytes, std::string_view head) {
  oversized_.Increment();
  if (const auto held = malformed_log_.allow(clock_.steady())) {
    log_error(kPart, "an event is over the size limit",
              {{"bytes", std::to_string(bytes)}, {"held_back", std::to_string(*held)}});
  }
  sink_->on_refused({.oversized = true,
                     .data = head,
                     .bytes = bytes,
                     .id = {},
                     .why = "larger than what is read of an event"},
                    position_);
}

void Source::on_disconnect(const sse::Disconnect& why) {
  const std::lock_guard lock(status_mutex_);
  status_.connected = false;
  if (!why.healthy) status_.trouble = why.detail;
}

}  // namespace wikiflow::source
