#include "run/counting.h"

#include <algorithm>
#include <string_view>

#include "base/log.h"
#include "base/thread.h"
#include "run/dead_letters.h"
#include "run/topics.h"

namespace wikiflow::app {
namespace {

constexpr std::string_view kCount = "count";

serve::Response nothing_yet() {
  serve::Response response = serve::json(serve::render_stats({}, std::nullopt));
  response.headers.emplace_back("X-Wikiflow-Complete", "false");
  return response;
}

}  // namespace

Counting::Counting(topic::Broker& broker, std::unique_ptr<store::CountStore> store,
                   const CountingOptions& options, Clock& clock, Metrics& metrics)
    : broker_(broker), store_(std::move(store)), options_(options), clock_(clock), metrics_(metrics) {
  tally_options_.workers = options.max_concurrent_fetches;
  if (!options_.dead_letters.name.empty()) {
    dead_letters_ = open_dead_letters(broker_, options_.dead_letters, clock_, metrics_);
  }
}

Counting::~Counting() { (void)stop(); }

void Counting::start() {
  thread_ = std::thread([this] {
    name_this_thread("count");
    run();
    finished_.request_stop();
  });
}

Result<void> Counting::stop() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
  return result_;
}

void Counting::run() {
  if (!open(stop_.get_token())) return;
  pipeline::Tally* tally = nullptr;
  {
    const std::lock_guard lock(mutex_);
    tally_ = std::make_unique<pipeline::Tally>(*reader_, *store_, from_, tally_options_, clock_, metrics_,
                                               member_.get());
    stats_ = std::make_unique<serve::Stats>(*tally_, clock_, metrics_);
    failure_.reset();
    tally = tally_.get();
  }
  result_ = tally->run(stop_.get_token());
  // Leaves the group, which revokes what is owned: flushed for the last time.
  if (ownership_) ownership_->set_reader(nullptr);
  member_.reset();
}

// False when stopped, or when it can never work; result_ then says why.
bool Counting::open(std::stop_token stop) {
  Backoff backoff = patient_backoff(clock_);
  while (!stop.stop_requested()) {
    auto failed = try_to_open();
    if (!failed) return true;
    const Error error = failed->error;
    const std::string dependency = failed->dependency;
    bool news = false;
    {
      const std::lock_guard lock(mutex_);
      news = !failure_ || failure_->error.what != error.what;
      failure_ = std::move(failed);
    }
    if (error.kind != ErrorKind::transient) {
      result_ = tl::make_unexpected(error);
      return false;
    }
    if (news && !stop.stop_requested())
      log_warn(kCount, "cannot count yet", {{"for", dependency}, {"why", error.what}});
    clock_.sleep(backoff.next(), stop);
  }
  return false;
}

std::optional<Counting::Failure> Counting::try_to_open() {
  const auto state = ensure_topic(broker_, options_.topic);
  if (!state) return Failure{"topic", state.error()};
  auto from = store_->open({.topic = options_.topic.name,
                            .generation = state->generation,
                            .partitions = state->partitions,
                            .dedupe_window = options_.dedupe_window});
  if (!from) return Failure{"store", from.error()};
  from_ = *std::move(from);
  tally_options_.dedupe_ids = static_cast<std::uint32_t>(
      std::max<std::int64_t>(1, options_.dedupe_window / std::max(state->partitions, 1)));
  if (dead_letters_) {
    if (auto letters = ensure_topic(broker_, options_.dead_letters); !letters) {
      return Failure{"dead_letters", letters.error()};
    }
    undecodable_ = std::make_unique<pipeline::Undecodable>(*dead_letters_, options_.topic.name,
                                                           state->generation, store_->shared());
    tally_options_.undecodable = undecodable_.get();
  }
  topic::ReaderOptions reading{.group = options_.group, .batches_in_work = options_.max_concurrent_fetches};
  reading.generation = state->generation;
  reading.start = pipeline::start_offsets(from_, tally_options_.dedupe_ids);
  auto reader = broker_.reader(options_.topic.name, reading);
  if (!reader) return Failure{"topic", reader.error()};
  reader_ = *std::move(reader);
  if (!store_->shared()) return std::nullopt;
  ownership_ = std::make_unique<pipeline::Ownership>(*store_, tally_options_.commit_limit, metrics_,
                                                     undecodable_.get());
  topic::ReaderOptions belonging{.group = options_.group, .listener = ownership_.get()};
  belonging.batches_in_work = options_.max_concurrent_fetches;
  belonging.idle = true;
  auto member = broker_.reader(options_.topic.name, belonging);
  if (!member) return Failure{"topic", member.error()};
  member_ = *std::move(member);
  ownership_->set_reader(member_.get());
  return std::nullopt;
}

serve::Route Counting::stats_route() {
  const auto stats = [this] {
    const std::lock_guard lock(mutex_);
    return stats_.get();
  };
  return {.path = "/stats",
          .get =
              [stats](const serve::Request& request) {
                serve::Stats* const made = stats();
                return made != nullptr ? made->get(request) : nothing_yet();
              },
          .parameters = {"limit"},
          .ready = [stats](const serve::Request& request) -> std::optional<serve::Response> {
            serve::Stats* const made = stats();
            return made != nullptr ? made->ready(request) : nothing_yet();
          }};
}

std::vector<Dependency> Counting::outside() {
  return {{"topic", [this] { return topic_trouble(); }},
          {"store", [this] { return store_trouble(); }},
          {"dead_letters", [this] { return dead_letter_trouble(); }}};
}

std::vector<Dependency> Counting::dependencies() {
  auto all = outside();
  all.push_back({"caught_up", [this] { return behind(); }});
  return all;
}

std::optional<std::string> Counting::behind() const {
  const std::lock_guard lock(mutex_);
  if (!tally_) return "nothing is counted yet";
  const auto freshness = tally_->freshness();
  if (freshness.caught_up) return std::nullopt;
  return "the counts do not hold all of the topic yet: " + std::to_string(freshness.lag) + " records behind";
}

std::optional<std::string> Counting::topic_trouble() const {
  const std::lock_guard lock(mutex_);
  if (tally_) return tally_->trouble();
  if (failure_ && failure_->dependency == std::string_view("topic")) return failure_->error.what;
  return std::nullopt;
}

std::optional<std::string> Counting::store_trouble() const {
  const std::lock_guard lock(mutex_);
  if (tally_) return store_->trouble();
  if (failure_ && failure_->dependency == std::string_view("store")) return failure_->error.what;
  return std::nullopt;
}

std::optional<std::string> Counting::dead_letter_trouble() const {
  const std::lock_guard lock(mutex_);
  if (tally_) return dead_letters_ ? dead_letters_->trouble() : std::nullopt;
  if (failure_ && failure_->dependency == std::string_view("dead_letters")) return failure_->error.what;
  return std::nullopt;
}

std::optional<double> Counting::records_behind() const {
  const std::lock_guard lock(mutex_);
  if (!tally_ || tally_->trouble()) return std::nullopt;
  const auto freshness = tally_->freshness();
  if (!freshness.complete && !freshness.as_of && freshness.lag == 0) return std::nullopt;
  return static_cast<double>(freshness.lag);
}

}  // namespace wikiflow::app
