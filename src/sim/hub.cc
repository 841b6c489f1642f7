#include "sim/hub.h"

#include <algorithm>

#include "base/log.h"
#include "sim/generated.h"
#include "sim/recorded.h"

namespace wikiflow::sim {
namespace {

constexpr std::uint64_t kMaxPool = 2'000'000;

constexpr std::size_t index_of(FrameKind kind) { return static_cast<std::size_t>(kind); }

Result<std::unique_ptr<Events>> from_recorded(Result<std::unique_ptr<Recorded>> recorded) {
  if (!recorded) return tl::make_unexpected(recorded.error());
  return std::unique_ptr<Events>(std::move(*recorded));
}

// Generated events as the text of a file, to be looped over.
std::string make_pool(const SimOptions& options, const Generated& generated) {
  const Log log(options.seed, Millis{}, 60, options.pool);
  std::string text;
  for (std::uint64_t n = 0; n < options.pool; ++n) {
    generated.render(n, log.entry(n), text);
    text.push_back('\n');
  }
  return text;
}

Result<std::unique_ptr<Events>> make_events(const SimOptions& options) {
  const bool shift = !options.keep_event_times;
  if (!options.events_file.empty())
    return from_recorded(Recorded::load(options.events_file, shift, options.first_round));
  if (!options.events_text.empty())
    return from_recorded(Recorded::parse(std::string(options.events_text), shift, options.first_round));
  if (options.users == 0 || !(options.zipf > 0) || options.zipf > 10) {
    return bad_input("users must be at least 1, and zipf above 0 and at most 10");
  }
  if (options.pool > kMaxPool) return bad_input("the pool holds at most 2000000 events");
  auto generated = std::make_unique<Generated>(options.seed, options.users, options.zipf);
  if (options.pool > 0) return from_recorded(Recorded::parse(make_pool(options, *generated), true));
  return std::unique_ptr<Events>(std::move(generated));
}

Result<void> check(const Faults& faults) {
  for (const double p :
       {faults.duplicate, faults.malformed, faults.oversized, faults.canary, faults.error_frames}) {
    if (!(p >= 0 && p <= 1)) return bad_input("a probability must lie between 0 and 1");
  }
  double sum = 0;
  for (const StatusFault& status : faults.status) {
    if (status.code < 200 || status.code > 599) return bad_input("a status must lie between 200 and 599");
    if (!(status.probability >= 0)) return bad_input("a probability must lie between 0 and 1");
    sum += status.probability;
  }
  if (sum > 1) return bad_input("the probabilities of statuses must not exceed 1 together");
  if (faults.reorder > Faults::kMaxReorder) return bad_input("events can be reordered within at most 128");
  if (faults.oversized_bytes > (std::size_t{64} << 20U))
    return bad_input("an oversized frame has at most 64 MiB");
  return {};
}

// A pool is looped over without end; a file only when asked.
std::uint64_t count_of(const SimOptions& options, const Events& events) {
  if (events.size() == 0 || options.loop || options.pool > 0) return options.count;
  return options.count == 0 ? events.size() : std::min(options.count, events.size());
}

}  // namespace

Result<std::unique_ptr<Hub>> Hub::make(const SimOptions& options, Metrics& metrics) {
  if (auto checked = check(options.faults); !checked) return tl::make_unexpected(checked.error());
  auto events = make_events(options);
  if (!events) return tl::make_unexpected(events.error());
  const auto plan = make_plan(options, count_of(options, **events), system_clock().now());
  if (!plan) return tl::make_unexpected(plan.error());
  std::unique_ptr<Recorder> recorder;
  if (!options.record_file.empty()) {
    auto created = Recorder::create(options.record_file);
    if (!created) return tl::make_unexpected(created.error());
    recorder = std::move(*created);
  }
  return std::unique_ptr<Hub>(new Hub(options, *plan, std::move(*events), std::move(recorder), metrics));
}

Hub::Hub(const SimOptions& options, const Plan& plan, std::unique_ptr<Events> events,
         std::unique_ptr<Recorder> recorder, Metrics& metrics)
    : options_(options),
      log_(options.seed, plan.start, plan.density, plan.count),
      pace_(log_, plan, system_clock().steady()),
      events_(std::move(events)),
      recorder_(std::move(recorder)),
      metrics_(metrics),
      draw_(hash(options.seed, 0, Purpose::connection)),
      open_metric_(
          metrics.gauge("wikiflow_sim_connections",
                        "Streams that the simulator is sending. More than the producers that read from it "
                        "means somebody else does.")) {
  for (std::size_t i = 0; i < frames_metric_.size(); ++i) {
    frames_metric_.at(i) =
        &metrics.counter("wikiflow_sim_frames_total",
                         "Frames that the simulator sent, by kind. Compare with what the producer read.",
                         {{"kind", std::string(to_string(static_cast<FrameKind>(i)))}});
  }
}

std::uint64_t Hub::available() const {
  return pace_.available(system_clock().steady(), system_clock().now());
}

std::chrono::microseconds Hub::until(std::uint64_t n) const {
  return pace_.until(n, system_clock().steady(), system_clock().now());
}

Reach Hub::reach() const {
  const std::uint64_t there = available();
  return {there, pace_.paced() ? there : std::min(reached_, there)};
}

tl::expected<Start, Refusal> Hub::admit(const Wanted& wanted, std::string_view last_event_id,
                                        const std::string& address) {
  const auto mine = by_address_.find(address);
  if (options_.max_per_address > 0 && mine != by_address_.end() && mine->second >= options_.max_per_address) {
    return tl::make_unexpected(Refusal{
        429, "more than " + std::to_string(options_.max_per_address) + " connections from your address"});
  }
  double below = draw_.unit();
  for (const StatusFault& status : options_.faults.status) {
    if (below < status.probability)
      return tl::make_unexpected(Refusal{status.code, "as the simulator was told"});
    below -= status.probability;
  }
  auto start = resolve(log_, reach(), wanted.since, last_event_id);
  if (!start) return start;
  ++by_address_[address];
  ++streams_;
  open_metric_.Set(static_cast<double>(++open_));
  return start;
}

void Hub::leave(const std::string& address) {
  const auto mine = by_address_.find(address);
  if (mine != by_address_.end() && --mine->second == 0) by_address_.erase(mine);
  open_metric_.Set(static_cast<double>(--open_));
}

void Hub::on_frame(FrameKind kind, std::uint64_t n, std::string_view id, std::string_view data) {
  frames_.at(index_of(kind)).fetch_add(1, std::memory_order_relaxed);
  if (kind == FrameKind::event && served_.add(n)) events_served_.fetch_add(1, std::memory_order_relaxed);
  // An extra frame is followed by its event before anything is written; an error frame is not.
  if (kind != FrameKind::error) reached_ = std::max(reached_, n + 1);
  if (recorder_) recorder_->add(kind, n, id, data);
}

void Hub::before_write() {
  if (recorder_) recorder_->flush();
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    const std::uint64_t now = frames_.at(i).load(std::memory_order_relaxed);
    if (now == frames_told_.at(i)) continue;
    frames_metric_.at(i)->Increment(static_cast<double>(now - frames_told_.at(i)));
    frames_told_.at(i) = now;
  }
  if (reached_ < log_.count()) return;
  const std::lock_guard lock(mutex_);
  done_ = true;
  changed_.notify_all();
}

void Hub::on_refused(int status) {
  ++refused_;
  metrics_
      .counter("wikiflow_sim_refused_total",
               "Requests that the simulator answered with another status than 200. 403: set a User-Agent; "
               "429: too "
               "many connections; others as the simulator was told.",
               {{"status", std::to_string(status)}})
      .Increment();
}

void Hub::on_broken_off(const char* cause) {
  ++broken_off_;
  metrics_
      .counter("wikiflow_sim_cuts_total",
               "Streams that the simulator broke off, by cause. The producer should show as many reconnects.",
               {{"cause", cause}})
      .Increment();
}

Counters Hub::counters() const {
  Counters c;
  c.events = events_served_;
  for (const auto& frames : frames_) c.frames += frames;
  c.canaries = frames_.at(index_of(FrameKind::canary));
  c.malformed = frames_.at(index_of(FrameKind::malformed));
  c.oversized = frames_.at(index_of(FrameKind::oversized));
  c.errors = frames_.at(index_of(FrameKind::error));
  c.streams = streams_;
  c.open = open_;
  c.refused = refused_;
  c.cuts = broken_off_;
  const std::lock_guard lock(mutex_);
  c.done = done_;
  return c;
}

bool Hub::wait_until_done(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [&] { return done_ || stopping_; });
  return done_;
}

void Hub::stop_waiting() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

}  // namespace wikiflow::sim
