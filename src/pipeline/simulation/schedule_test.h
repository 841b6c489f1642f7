// One schedule, drawn from a seed: what happens to whom in which order, then peace, then the reckoning.
//
// Everything runs on one thread at a time, so a seed gives the same schedule, step by step, whenever it is
// run. What a step did is kept in a trace, which a failure shows.
//
// Threads: one.

#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/simulation/consumer_test.h"
#include "pipeline/simulation/lasting_test.h"
#include "pipeline/simulation/membership_test.h"
#include "pipeline/simulation/producer_test.h"
#include "pipeline/simulation/topic_faults_test.h"

namespace wikiflow::pipeline::simulation {

enum class StoreKind { disk, cluster };

class Schedule {
 public:
  Schedule(std::uint64_t seed, StoreKind kind) : kind_(kind), random_(seed) {
    const auto consumers = kind == StoreKind::disk ? std::size_t{1} : 1 + random_.below(3);
    if (kind == StoreKind::disk) {
      lasting_ = std::make_unique<LastingDisk>();
    } else {
      const std::chrono::milliseconds sync_period{random_.one_in(2) ? 0 : 3'000};
      lasting_ = std::make_unique<LastingCluster>(consumers, partitions_, sync_period, clock_, metrics_,
                                                  [this](std::size_t consumer) { meanwhile(consumer); });
    }
    for (std::size_t i = 0; i < consumers; ++i) {
      consumers_.emplace_back([this, i] { return lasting_->make_store(i); }, broker_, clock_, metrics_,
                              ConsumerOptions{dedupe_ids_, partitions_, 1 + random_.below(12)});
    }
    shown_.resize(consumers);
    // Whether they look how far they are behind each other.
    const std::int64_t window = random_.one_in(2) ? 0 : std::int64_t{dedupe_ids_} * partitions_;
    for (std::size_t left = 1 + random_.below(2); left > 0; --left) {
      constexpr std::array<std::size_t, 3> kReaches{3, 30, 10'000};
      producers_.push_back(std::make_unique<Producer>(served_, broker_, clock_, metrics_, random_,
                                                      kReaches[random_.below(kReaches.size())], window));
    }
    (void)broker_.ensure({.name = kTopic, .partitions = partitions_}, std::chrono::seconds(1));
  }

  // What was not as it has to be; empty when all was.
  std::string run() {
    for (int step = 0; step < kSteps && failure_.empty(); ++step) {
      at_random();
      clock_.advance(std::chrono::milliseconds(random_.one_in(10) ? random_.between(500, 4'000) : 5));
      if (random_.one_in(8)) check_lasting();
    }
    if (failure_.empty()) settle();
    return failure_;
  }

  // One line for each thing that happened.
  const std::string& trace() const { return trace_; }

 private:
  static constexpr int kSteps = 160;
  static constexpr int kEvents = 120;
  static constexpr int kPatience = 2'000;  // rounds until peace; far more than are needed

  static bool hundredth(std::size_t& draw, std::size_t share) {
    if (draw < share) return true;
    draw -= share;
    return false;
  }

  void at_random() {
    std::size_t draw = random_.below(100);
    if (hundredth(draw, 20)) return step_of_producer();
    if (hundredth(draw, 3)) return end_of_producer();
    if (hundredth(draw, 7)) return fault_of_topic();
    if (hundredth(draw, 6)) return note(lasting_->fault(random_.below(consumers_.size()), random_));
    if (hundredth(draw, 4)) return end_of_consumer();
    if (hundredth(draw, 8)) return step_of_group();
    if (hundredth(draw, 4)) return look(random_.below(consumers_.size()));
    if (hundredth(draw, 10)) return flush(random_.below(consumers_.size()));
    count(random_.below(consumers_.size()));
  }

  // While a request of `busy` is on its way: what others do, and its own workers.
  void meanwhile(std::size_t busy) {
    if (busy_ || quiet_ || !random_.one_in(4)) return;
    busy_ = busy;
    for (std::size_t n = 1 + random_.below(4); n > 0 && failure_.empty(); --n) {
      std::size_t draw = random_.below(100);
      if (hundredth(draw, 25)) {
        step_of_producer();
      } else if (hundredth(draw, 40)) {
        count(random_.below(consumers_.size()));
      } else if (hundredth(draw, 25)) {
        flush(random_.below(consumers_.size()));
      } else {
        step_of_group();
      }
    }
    busy_.reset();
  }
  bool idle(std::size_t consumer) const { return consumers_[consumer].alive() && busy_ != consumer; }

  void step_of_producer() {
    if (random_.one_in(3)) served_.publish(random_.below(20));
    const std::size_t i = random_.below(producers_.size());
    Producer& producer = *producers_[i];
    const int frames = random_.between(1, 18);
    if (!producer.alive()) {
      producer.start();
      note("producer " + std::to_string(i) + " starts");
    }
    producer.go_on(frames);
    note("producer " + std::to_string(i) + " reads " + std::to_string(frames));
  }

  void end_of_producer() {
    const std::size_t i = random_.below(producers_.size());
    if (!producers_[i]->alive()) return;
    const std::string name = "producer " + std::to_string(i);
    if (random_.one_in(3)) {
      producers_[i]->cut();
      return note("the source cuts " + name);
    }
    if (random_.one_in(4)) {
      producers_[i]->stop();
      return note(name + " is stopped");
    }
    producers_[i]->kill();
    note(name + " is killed");
  }

  void fault_of_topic() {
    if (random_.one_in(11)) return expire({random_.between(0, partitions_ - 1)});
    note(fault_of(broker_, partitions_, random_));
  }

  // Retention takes what nobody needs any more, to the last record.
  void expire(Partition partition) {
    reference_.refresh();
    Offset needed = lasting_->checkpoints()[partition].next;
    for (Consumer& consumer : consumers_) {
      if (consumer.alive()) needed = std::min(needed, consumer.next(partition));
    }
    needed.value -= dedupe_ids_;
    if (needed <= Offset{}) return;
    broker_.expire(kTopic, partition, needed);
    note("the log of partition " + std::to_string(partition.number) + " begins at " +
         std::to_string(needed.value));
  }

  void start(std::size_t i) {
    const auto floor = all_shown();
    const auto started = consumers_[i].start();
    note("consumer " + std::to_string(i) + (started ? " starts" : " cannot start: " + started.error().what));
    expect(started, "consumer " + std::to_string(i) + " does not start");
    if (!started) return;
    shown_[i] = floor;
    check_numbers(i);
  }

  void count(std::size_t i) {
    if (!consumers_[i].alive()) {
      if (!busy_) start(i);
      return;
    }
    note("consumer " + std::to_string(i) + " counts a batch");
    expect(consumers_[i].count_batch(), "consumer " + std::to_string(i) + " ended");
  }

  void flush(std::size_t i) {
    if (!idle(i)) return;
    note("consumer " + std::to_string(i) + " flushes");
    expect(consumers_[i].flush(), "consumer " + std::to_string(i) + " ended");
  }

  void end_of_consumer() {
    const std::size_t i = random_.below(consumers_.size());
    if (!consumers_[i].alive()) return;
    look(i);
    crash(i);
    check_lasting();
  }
  void crash(std::size_t i) {
    note("consumer " + std::to_string(i) + " is killed");
    consumers_[i].crash();
    membership_.died(i);
    lasting_->crashed(i, random_);
  }

  void step_of_group() {
    if (kind_ == StoreKind::disk) return;
    const std::size_t i = random_.below(consumers_.size());
    const Partition partition{random_.between(0, partitions_ - 1)};
    const std::string name = "partition " + std::to_string(partition.number);
    const std::string consumer = "consumer " + std::to_string(i);
    if (const auto owner = membership_.owner(partition)) {
      if (!idle(*owner)) return;
      if (random_.one_in(3)) {
        membership_.expel(*owner);
        return note("the group takes consumer " + std::to_string(*owner) + " for dead");
      }
      if (random_.one_in(2)) return revoke(partition, *owner);
    }
    if (!idle(i)) return;
    if (random_.one_in(4)) {
      membership_.tell_lost(i);
      return note(consumer + " is told what it has lost");
    }
    if (!membership_.owner(partition)) assign(partition, i);
  }
  void assign(Partition partition, std::size_t i) {
    const bool assigned = membership_.assign(partition, i);
    note("consumer " + std::to_string(i) + (assigned ? " is given partition " : " cannot take partition ") +
         std::to_string(partition.number));
  }
  void revoke(Partition partition, std::size_t owner) {
    const std::string what = "partition " + std::to_string(partition.number) + " is revoked from consumer " +
                             std::to_string(owner);
    Offset included;
    for (const auto& [of, next] : consumers_[owner].included()) {
      if (of == partition) included = next;
    }
    note(what);
    quiet_ = true;  // how often a flush tries again within its limit is a matter of time
    membership_.revoke(partition);
    quiet_ = false;
    if (!lasting_->prompt(owner)) return;
    if (lasting_->checkpoints()[partition].next < included) {
      fail(what + ", and what was counted of it is not lasting, though the store was there");
    }
  }

  // What /stats says.
  void look(std::size_t i) {
    if (!consumers_[i].alive()) return;
    check_numbers(i);
    if (!consumers_[i].complete()) return;
    const Numbers numbers = consumers_[i].numbers();
    note("consumer " + std::to_string(i) + " shows complete counts");
    const auto went_down = [](const auto& before, const auto& now) {
      return std::ranges::any_of(before, [&](const auto& entry) {
        const auto found = now.find(entry.first);
        return found == now.end() || found->second < entry.second;
      });
    };
    if (went_down(shown_[i].domains, numbers.domains) || went_down(shown_[i].users, numbers.users)) {
      fail("a count that was shown went down");
    }
    shown_[i] = numbers;
  }
  Numbers all_shown() const {
    Numbers most;
    for (const Numbers& shown : shown_) {
      for (const auto& [key, count] : shown.domains) most.domains[key] = std::max(most.domains[key], count);
      for (const auto& [key, count] : shown.users) most.users[key] = std::max(most.users[key], count);
    }
    return most;
  }

  // The counts are those of the log below what they include.
  void check_numbers(std::size_t i) {
    if (!consumers_[i].replayed()) return;
    reference_.refresh();
    const std::string wrong = difference(consumers_[i].numbers(), reference_.below(consumers_[i].included()));
    if (!wrong.empty()) fail("consumer " + std::to_string(i) + ": " + wrong);
  }

  // What is lasting is right, and a commit names only that.
  void check_lasting() {
    reference_.refresh();
    const std::string problem = lasting_->problem(reference_);
    if (!problem.empty()) return fail(problem);
    auto checkpoints = lasting_->checkpoints();
    for (const auto& [partition, next] : broker_.committed(Consumer::kGroup, kTopic)) {
      if (next <= checkpoints[partition].next) continue;
      fail("partition " + std::to_string(partition.number) + ": committed up to " +
           std::to_string(next.value) + ", lasting up to " +
           std::to_string(checkpoints[partition].next.value));
    }
  }

  void settle() {
    note("peace");
    quiet_ = true;
    heal(broker_, partitions_);
    lasting_->heal(random_);
    served_.publish(kEvents);
    settle_producers();
    reference_.refresh();
    for (const std::string& id : reference_.missing()) return fail("lost: no record of the event " + id);
    for (std::size_t i = 0; i < consumers_.size(); ++i) reckon(i);
    if (!failure_.empty()) return;
    // And once more, from what is lasting.
    for (std::size_t i = 0; i < consumers_.size(); ++i) crash(i);
    check_lasting();
    for (std::size_t i = 0; i < consumers_.size(); ++i) reckon(i);
  }

  void settle_producers() {
    for (const auto& producer : producers_) {
      const auto done = [&] { return producer->exhausted(); };
      for (int round = 0; round < kPatience && !done(); ++round) {
        if (!producer->alive()) producer->start();
        producer->go_on(kEvents);
      }
      if (!done()) return fail("a producer does not come to the end of the source");
    }
    for (const auto& producer : producers_) producer->stop();
  }

  // All is counted, lasting, complete, and right.
  void reckon(std::size_t i) {
    if (!failure_.empty()) return;
    if (!consumers_[i].alive()) start(i);
    if (!failure_.empty()) return;
    if (kind_ == StoreKind::cluster) {
      membership_.tell_lost(i);
      for (int p = 0; p < partitions_; ++p) {
        if (!membership_.owner({p})) assign({p}, i);
      }
    }
    flush(i);  // it takes no work before that, if it was in trouble
    for (int round = 0; round < kPatience && consumers_[i].lag() > 0 && failure_.empty(); ++round) count(i);
    if (consumers_[i].lag() > 0) return fail("consumer " + std::to_string(i) + " does not come to the end");
    for (int round = 0; round < 10 && failure_.empty(); ++round) {
      flush(i);
      clock_.advance(std::chrono::seconds(1));
    }
    if (!failure_.empty()) return;
    look(i);
    const auto ends = reference_.ends();
    if (!consumers_[i].complete()) return fail("the counts are not complete in the end");
    std::string wrong = difference(consumers_[i].numbers(), reference_.below(ends));
    if (wrong.empty() && (wide_ || reference_.window_was_enough())) {
      wrong = difference(consumers_[i].numbers(), reference_.distinct());
    }
    if (!wrong.empty()) return fail("consumer " + std::to_string(i) + " in the end: " + wrong);
    auto checkpoints = lasting_->checkpoints();
    for (const auto& [partition, end] : ends) {
      if (membership_.owner(partition) == i || kind_ == StoreKind::disk) {
        if (checkpoints[partition].next != end) return fail("not all is lasting in the end");
      }
    }
  }

  void expect(const Result<void>& result, const std::string& what) {
    if (!result && result.error().kind != ErrorKind::transient) fail(what + ": " + result.error().what);
  }
  void fail(const std::string& what) {
    if (!failure_.empty()) return;
    failure_ = what;
    note("FAILED: " + what);
  }
  void note(const std::string& what) { trace_ += (busy_ ? "  meanwhile: " : "") + what + '\n'; }

  const StoreKind kind_;
  Random random_;
  const int partitions_ = random_.between(1, 3);
  // Where it is narrow, a change that comes late counts again: only the log says what is right then.
  const bool wide_ = !random_.one_in(4);
  const std::uint32_t dedupe_ids_ =
      wide_ ? 1'000 : static_cast<std::uint32_t>(random_.between(2, random_.one_in(2) ? 20 : 150));
  Metrics metrics_;
  PausingClock clock_{from_unix_ms(kBegin + 1'000'000)};
  topic::FakeBroker broker_{metrics_, clock_, {.max_in_flight = 4'096}};
  Served served_{kEvents, random_};
  Reference reference_{broker_, served_, partitions_, dedupe_ids_};
  std::unique_ptr<Lasting> lasting_;
  std::vector<Consumer> consumers_;
  Membership membership_{consumers_, partitions_};
  std::vector<std::unique_ptr<Producer>> producers_;
  std::vector<Numbers> shown_;
  std::optional<std::size_t> busy_;  // whose request is on its way
  bool quiet_ = false;
  std::string failure_;
  std::string trace_;
};

}  // namespace wikiflow::pipeline::simulation
