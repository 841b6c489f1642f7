// Letters on their way to the dead-letter topic.
//
// Guarantee: a letter that was put is tried until it is acknowledged, over as many writers as that takes; how
// far that is, in the order of put(), tells acknowledged(). Whoever puts a letter lets nothing pass what the
// letter is about before that. A letter that lies in the topic already is written again only when it is far
// back: the ids at the topic's end are read before the first letter is sent.
//
// The topic is not asked for before there is a letter to write. The topic's ends may be unreadable for good
// (no right to read them): then letters are written that are there already, and nothing else is lost.
//
// Bound: put() waits, and full() is true, while 1,024 letters or 16 MiB of them wait. put_at_once() never
// waits: its caller asks full() before it takes on more work. Memory: 64 kB a letter at most, and 65,536 ids.
//
// Threads: any. It owns one, "dead-letters", which opens the writer and sends.

#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_set.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/backoff.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "pipeline/dead_letter.h"
#include "topic/topic.h"

namespace wikiflow::pipeline {

struct DeadLettersOptions {
  std::string by;  // what letters say of who wrote them
  std::size_t max_waiting = 1'024;
  std::size_t max_waiting_bytes = std::size_t{16} << 20U;
};

class DeadLetters {
 public:
  using WriterFactory = std::function<Result<std::unique_ptr<topic::Writer>>()>;
  using TailsReader = std::function<Result<std::vector<topic::Tail>>()>;
  // Counted from 1; 0 stands for a letter that is in the topic already.
  using Ticket = std::uint64_t;
  static constexpr Ticket kNever = UINT64_MAX;

  // `tails`: the ends of the dead-letter topic; empty: every letter is written. Clock and metrics are not
  // owned and outlive the object.
  DeadLetters(WriterFactory open_writer, TailsReader tails, const DeadLettersOptions& options, Clock& clock,
              Metrics& metrics);
  // What is not acknowledged by then is dropped: nothing has passed it.
  ~DeadLetters();
  DeadLetters(const DeadLetters&) = delete;
  DeadLetters& operator=(const DeadLetters&) = delete;

  // The letter's ticket, once there is room; kNever when `stop` came first, and the letter was not taken.
  Ticket put(DeadLetter letter, std::stop_token stop);
  Ticket put_at_once(DeadLetter letter);

  // Letters with tickets up to this one are acknowledged.
  Ticket acknowledged() const { return acknowledged_.load(std::memory_order_acquire); }
  bool full() const;

  // Waits until everything put before is acknowledged. Error: transient after `limit`, saying why.
  Result<void> flush(std::chrono::milliseconds limit);

  // Why letters that wait cannot be written at this moment, or nothing.
  std::optional<std::string> trouble() const;

 private:
  static constexpr std::size_t kKnownIds = 65'536;

  struct Waiting {
    Ticket ticket;
    DeadLetter letter;
    std::optional<std::uint64_t> sent;  // how many this writer had taken before it
    bool done = false;
  };

  Ticket take(DeadLetter letter);
  bool has_room() const;
  void run(const std::stop_token& stop);
  bool open(const std::stop_token& stop);
  Result<void> read_known();
  Result<void> send_all(const std::stop_token& stop);
  void settle();
  void remember(const EventId& id);
  void failed(const std::string& why, const std::stop_token& stop);
  void tell(const DeadLetter& letter);

  const WriterFactory open_writer_;
  const TailsReader tails_;
  const DeadLettersOptions options_;
  Clock& clock_;
  std::map<DeadReason, prometheus::Counter*> written_;
  prometheus::Counter& failures_;
  prometheus::Gauge& waiting_gauge_;
  Backoff backoff_;          // of the thread, as what follows
  std::uint64_t taken_ = 0;  // by this writer

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable_any moved_;
  std::deque<Waiting> waiting_;  // in the order of their tickets; elements are removed by the thread alone
  std::size_t waiting_bytes_ = 0;
  std::unordered_map<EventId, Ticket, EventIdHash> tickets_;  // of those that wait
  std::deque<EventId> known_;                                 // in the topic, the oldest first
  boost::unordered_flat_set<EventId, EventIdHash> known_ids_;
  bool read_known_ = false;
  std::shared_ptr<topic::Writer> writer_;  // shared with trouble()
  std::string failure_;                    // why there is none
  Ticket last_ = 0;
  LogLimit log_{std::chrono::seconds(10)};
  LogLimit failure_log_{std::chrono::seconds(10)};

  std::atomic<Ticket> acknowledged_{0};
  std::jthread thread_;
};

}  // namespace wikiflow::pipeline
