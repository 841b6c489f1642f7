#include "run/counting.h"

#include "base/backoff.h"
#include "base/log.h"
#include "base/thread.h"

namespace wikiflow::app {
namespace {

constexpr std::string_view kPart = "count";
constexpr std::chrono::milliseconds kFirstWait{500};
constexpr std::chrono::milliseconds kLongestWait{10'000};

serve::Response nothing_yet() {
  serve::Response response = serve::json(serve::render_stats({}, std::nullopt));
  response.headers.emplace_back("X-Wikiflow-Complete", "false");
  return response;
}

}  // namespace

Counting::Counting(ReaderFactory open_reader, std::unique_ptr<store::CountStore> store,
                   const pipeline::TallyOptions& options, Clock& clock, Metrics& metrics)
    : open_reader_(std::move(open_reader)),
      store_(std::move(store)),
      options_(options),
      clock_(clock),
      metrics_(metrics) {}

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
  reader_ = open(stop_.get_token());
  if (!reader_) return;
  pipeline::Tally* tally = nullptr;
  {
    const std::lock_guard lock(mutex_);
    tally_ = std::make_unique<pipeline::Tally>(*reader_, *store_, options_, clock_, metrics_);
    stats_ = std::make_unique<serve::Stats>(*tally_, clock_, metrics_);
    failure_.clear();
    tally = tally_.get();
  }
  result_ = tally->run(stop_.get_token());
}

// Null when stopped, or when it can never work; result_ then says why.
std::unique_ptr<topic::Reader> Counting::open(std::stop_token stop) {
  Backoff backoff(kFirstWait, kLongestWait, static_cast<std::uint64_t>(unix_ms(clock_.now())));
  while (!stop.stop_requested()) {
    auto reader = open_reader_();
    if (reader) return *std::move(reader);
    const std::string& why = reader.error().what;
    bool news = false;
    {
      const std::lock_guard lock(mutex_);
      news = failure_ != why;
      failure_ = why;
    }
    if (reader.error().kind != ErrorKind::transient) {
      result_ = tl::make_unexpected(reader.error());
      return nullptr;
    }
    if (news) log_warn(kPart, "cannot read the topic", {{"why", why}});
    clock_.sleep(backoff.next(), stop);
  }
  return nullptr;
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
  return {{"topic", [this] { return trouble(); }}};
}

std::vector<Dependency> Counting::dependencies() {
  return {{"topic", [this] { return trouble(); }}, {"complete", [this] { return incomplete(); }}};
}

std::optional<std::string> Counting::incomplete() const {
  const std::lock_guard lock(mutex_);
  if (!tally_) return "nothing is counted yet";
  const auto freshness = tally_->freshness();
  if (freshness.complete) return std::nullopt;
  return "the counts do not hold all of the topic yet: " + std::to_string(freshness.lag) + " records behind";
}

std::optional<std::string> Counting::trouble() const {
  const std::lock_guard lock(mutex_);
  if (!failure_.empty()) return failure_;
  return tally_->trouble();
}

std::optional<double> Counting::records_behind() const {
  const std::lock_guard lock(mutex_);
  if (!tally_ || tally_->trouble()) return std::nullopt;
  const auto freshness = tally_->freshness();
  if (!freshness.complete && !freshness.as_of && freshness.lag == 0) return std::nullopt;
  return static_cast<double>(freshness.lag);
}

}  // namespace wikiflow::app
