// Whether the broker can be reached, and when it was last heard from.
//
// The sound sign of life is a whole response from a broker: librdkafka reports each to an interceptor on its
// own threads. Errors come through its event queue and say only that something failed somewhere, so an error
// counts as trouble until the next response. Answers of the handshake do not count: a broker that refuses the
// password gives them too.
//
// Turned down: statistics (seconds old, and a stalled client keeps printing them), end-of-partition events
// (once per end, not while nothing comes).
//
// Threads: any.

#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/time.h"

namespace wikiflow::topic::kafka {

class Contact {
 public:
  // `what` names the client in log lines: "writer of wikipedia.changes".
  explicit Contact(std::string what);

  // A whole response of the request type `api` came from `broker` (-1: not known by number).
  void heard(std::int32_t broker, std::int16_t api);

  // librdkafka's error event. One that is severe() begins trouble; what any of them says is kept as its
  // cause.
  void error(rd_kafka_resp_err_t error, const std::string& text);

  // The client has failed for good; nothing ends this.
  void failed(const std::string& text);

  // Since when something was asked for and nothing of it came; 10 s of that are trouble. Nothing: nothing is
  // owed.
  void owed_since(std::optional<SteadyTime> since);

  // The last response of any broker; the epoch before the first.
  SteadyTime last() const { return at(last_); }

  // The oldest last fetch among the brokers that lead what is read; the epoch when one of them was never
  // fetched from. Until the leaders are set: among all that were fetched from, or last() when nothing was.
  // While one of the partitions has no leader: at most what it was before that.
  SteadyTime last_fetch() const;
  // `all`: each partition that is read has one.
  void set_leaders(std::set<std::int32_t> brokers, bool all);

  std::optional<std::string> trouble() const;

  // Writes a line when trouble began or ended since the last call. Called by the client's thread now and
  // then.
  void log_change();

 private:
  static SteadyTime at(const std::atomic<std::int64_t>& stamp) {
    return SteadyTime{SteadyTime::duration{stamp.load(std::memory_order_relaxed)}};
  }

  SteadyTime oldest_fetch() const;  // mutex_ is held

  const std::string what_;
  std::atomic<std::int64_t> last_{0};
  mutable std::mutex mutex_;
  std::map<std::int32_t, SteadyTime> fetched_;  // one entry for each broker of the cluster
  std::set<std::int32_t> leaders_;
  std::optional<SteadyTime> leaderless_;  // the last fetch before a partition had no leader
  std::string cause_;
  std::optional<SteadyTime> owed_since_;
  std::optional<std::string> severe_;
  SteadyTime severe_at_{};
  std::optional<std::string> failure_;
  bool was_trouble_ = false;  // log_change()'s
};

}  // namespace wikiflow::topic::kafka
