// The way from one consumer to Cassandra: writes are refused, done without an answer, or stay on the way,
// where they outlive the consumer; and while they are on the way, others do something.
//
// The faults of session_fake.h are the cluster's, the same for all; these are one consumer's.
//
// Threads: those that take turns.

#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/simulation/random_test.h"
#include "store/cassandra/session_fake.h"

namespace wikiflow::pipeline::simulation {

using store::cassandra::Done;

class Way {
 public:
  enum class Mode { open, refuses, loses_answers, holds };

  Way(std::shared_ptr<store::cassandra::FakeCluster> cluster, std::function<void()> meanwhile)
      : session_(std::move(cluster)), meanwhile_(std::move(meanwhile)) {}

  // After `more` writes, which go through.
  void set(Mode mode, std::size_t more) {
    mode_ = mode;
    more_ = more;
  }
  Mode mode() const { return mode_; }

  // Writes that are held are done or refused now, some of them, in any order.
  void let_through(Random& random) {
    for (std::size_t n = held_.size() - random.below(held_.size() + 1); n > 0; --n) take(random)();
  }
  // The consumer is gone. What it sent may still come.
  std::vector<std::function<void()>> abandon(Random& random) {
    std::vector<std::function<void()>> late;
    while (!held_.empty()) {
      auto write = take(random);
      if (random.one_in(2)) late.emplace_back(std::move(write));
    }
    return late;
  }
  std::size_t held() const { return held_.size(); }

  store::cassandra::FakeSession& session() { return session_; }
  void others() const { meanwhile_(); }

  void submit(std::function<void(Done)> write, Done done) {
    const bool fault = mode_ != Mode::open && more_ == 0;
    if (more_ > 0) --more_;
    if (!fault) return write(std::move(done));
    switch (mode_) {
      case Mode::refuses:
        return done(transient("refused"));
      case Mode::loses_answers:
        return write([done = std::move(done)](const Result<void>&) { done(transient("no answer in time")); });
      default:
        held_.emplace_back([write = std::move(write), done = std::move(done)] { write(done); });
    }
  }

 private:
  using Held = std::function<void()>;

  Held take(Random& random) {
    const auto at = held_.begin() + static_cast<std::ptrdiff_t>(random.below(held_.size()));
    Held write = std::move(*at);
    held_.erase(at);
    return write;
  }

  store::cassandra::FakeSession session_;
  const std::function<void()> meanwhile_;
  Mode mode_ = Mode::open;
  std::size_t more_ = 0;
  std::deque<Held> held_;
};

class SessionOnTheWay final : public store::cassandra::Session {
 public:
  using Place = store::cassandra::Place;
  using CountRow = store::cassandra::CountRow;

  explicit SessionOnTheWay(std::shared_ptr<Way> way) : way_(std::move(way)) {}

  void write_counts(const Place& place, std::span<const CountRow> rows, Done done) override {
    way_->others();
    std::vector<CountRow> copies(rows.begin(), rows.end());
    auto keys = std::make_shared<std::deque<std::string>>();
    for (CountRow& row : copies) row.key = keys->emplace_back(row.key);
    way_->submit([way = way_.get(), place, keys, copies = std::move(copies)](
                     Done then) { way->session().write_counts(place, copies, std::move(then)); },
                 std::move(done));
  }
  void write_checkpoint(const std::string& generation, Partition partition,
                        const store::Checkpoint& checkpoint, Done done) override {
    way_->others();
    way_->submit(
        [way = way_.get(), generation, partition, checkpoint](Done then) {
          way->session().write_checkpoint(generation, partition, checkpoint, std::move(then));
        },
        std::move(done));
  }
  Result<void> write_generation(const store::cassandra::Generation& generation) override {
    way_->others();
    return way_->session().write_generation(generation);
  }
  Result<void> read_counts(const Place& place, const std::function<void(const CountRow&)>& row) override {
    way_->others();
    return way_->session().read_counts(place, row);
  }
  Result<store::Checkpoints> read_checkpoints(const std::string& generation) override {
    way_->others();
    if (fails()) return transient("refused");
    return way_->session().read_checkpoints(generation);
  }
  Result<std::optional<store::cassandra::Generation>> read_generation(const std::string& topic) override {
    way_->others();
    if (fails()) return transient("refused");
    return way_->session().read_generation(topic);
  }

 private:
  bool fails() const { return way_->mode() == Way::Mode::refuses; }

  const std::shared_ptr<Way> way_;
};

}  // namespace wikiflow::pipeline::simulation
