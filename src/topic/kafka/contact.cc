#include "topic/kafka/contact.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "topic/kafka/errors.h"

namespace wikiflow::topic::kafka {
namespace {

// Request types of the Kafka protocol.
constexpr std::int16_t kFetch = 1;
constexpr std::int16_t kSaslHandshake = 17;
constexpr std::int16_t kApiVersions = 18;
constexpr std::int16_t kSaslAuthenticate = 36;

constexpr std::chrono::seconds kSilence{10};

std::int64_t now_stamp() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

Contact::Contact(std::string what) : what_(std::move(what)) {}

void Contact::heard(std::int32_t broker, std::int16_t api) {
  if (api == kSaslHandshake || api == kApiVersions || api == kSaslAuthenticate) return;
  last_.store(now_stamp(), std::memory_order_relaxed);
  if (api != kFetch) return;
  const std::lock_guard lock(mutex_);
  fetched_[broker] = at(last_);
}

void Contact::error(rd_kafka_resp_err_t error, const std::string& text) {
  const std::lock_guard lock(mutex_);
  const bool says_why = error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  if (says_why) cause_ = text;
  if (!severe(error)) return;
  severe_ = says_why || cause_.empty() ? text : text + " (" + cause_ + ")";
  severe_at_ = std::chrono::steady_clock::now();
}

void Contact::failed(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = text;
}

void Contact::owed_since(std::optional<SteadyTime> since) {
  const std::lock_guard lock(mutex_);
  owed_since_ = since;
}

SteadyTime Contact::last_fetch() const {
  const std::lock_guard lock(mutex_);
  const SteadyTime oldest = oldest_fetch();
  return leaderless_ ? std::min(oldest, *leaderless_) : oldest;
}

SteadyTime Contact::oldest_fetch() const {
  if (leaders_.empty() && fetched_.empty()) return last();
  SteadyTime oldest = SteadyTime::max();
  if (leaders_.empty()) {
    for (const auto& [broker, time] : fetched_) oldest = std::min(oldest, time);
    return oldest;
  }
  for (const std::int32_t broker : leaders_) {
    const auto found = fetched_.find(broker);
    oldest = std::min(oldest, found == fetched_.end() ? SteadyTime{} : found->second);
  }
  return oldest;
}

void Contact::set_leaders(std::set<std::int32_t> brokers, bool all) {
  const std::lock_guard lock(mutex_);
  if (all) {
    leaderless_.reset();
  } else if (!leaderless_) {
    leaderless_ = oldest_fetch();
  }
  leaders_ = std::move(brokers);
}

std::optional<std::string> Contact::trouble() const {
  const std::lock_guard lock(mutex_);
  if (failure_) return failure_;
  if (severe_ && severe_at_ > last()) return severe_;
  if (!owed_since_) return std::nullopt;
  const auto silent = std::chrono::steady_clock::now() - *owed_since_;
  if (silent < kSilence) return std::nullopt;
  return "no answer for " + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(silent).count()) +
         " s" + (cause_.empty() ? "" : " (" + cause_ + ")");
}

void Contact::log_change() {
  const auto now = trouble();
  if (now.has_value() == was_trouble_) return;
  was_trouble_ = now.has_value();
  if (now) {
    log_warn("kafka", "broker away", {{"client", what_}, {"cause", *now}});
  } else {
    log_info("kafka", "broker back", {{"client", what_}});
  }
}

}  // namespace wikiflow::topic::kafka
