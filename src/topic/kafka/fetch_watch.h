// Whether fetching stands still although the broker answers.
//
// librdkafka has been seen to fetch no more after a broker had been frozen for minutes and went on: it
// answered, and the partitions waited for something inside the client (so do reports of others, of a
// partition that waits to have its leader epoch validated). To begin reading anew where it stands ends that,
// and changes nothing where it was not so.
//
// A fetch is answered within `fetch.wait.max.ms`, a fraction of a second. So: nothing of what was asked for
// has come, and meanwhile the leader of a partition that waits has answered another question again and again,
// for `limit`.
//
// Threads: one.

#pragma once

#include <chrono>
#include <optional>

#include "base/time.h"

namespace wikiflow::topic::kafka {

class FetchWatch {
 public:
  FetchWatch(std::chrono::milliseconds ask_every, std::chrono::milliseconds limit)
      : ask_every_(ask_every), limit_(limit) {}

  // Whether the leader is to be asked something now. `owed`: since when something was asked for and nothing
  // of it came.
  bool ask(SteadyTime now, std::optional<SteadyTime> owed) {
    if (owed != owed_) {
      owed_ = owed;
      asked_ = now;
      answers_since_.reset();
    }
    if (!owed || now - asked_ < ask_every_) return false;
    asked_ = now;
    return true;
  }

  // What became of it. True: to begin anew, once.
  bool stands_still(SteadyTime now, bool answered) {
    if (!answered) {
      answers_since_.reset();
      return false;
    }
    if (!answers_since_) answers_since_ = now;
    if (now - *answers_since_ < limit_) return false;
    answers_since_.reset();
    return true;
  }

 private:
  const std::chrono::milliseconds ask_every_;
  const std::chrono::milliseconds limit_;
  std::optional<SteadyTime> owed_{};
  SteadyTime asked_{};
  std::optional<SteadyTime> answers_since_{};
};

}  // namespace wikiflow::topic::kafka
