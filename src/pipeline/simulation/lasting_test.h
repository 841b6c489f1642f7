// What outlives the consumers: a disk that one of them writes, or a cluster that all of them write; what can
// befall it; and what must be true of it at any moment.
//
// Threads: those that take turns.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/simulation/reference_test.h"
#include "pipeline/simulation/session_test.h"
#include "store/cassandra/cassandra_store.h"
#include "store/cassandra/places.h"
#include "store/fake/fake_store.h"

namespace wikiflow::pipeline::simulation {

class Lasting {
 public:
  virtual ~Lasting() = default;
  virtual std::unique_ptr<store::CountStore> make_store(std::size_t consumer) = 0;
  virtual store::Checkpoints checkpoints() const = 0;
  // What is wrong with it, or nothing.
  virtual std::string problem(const Reference& reference) = 0;
  // Something befalls it, or the way to it. Says what.
  virtual std::string fault(std::size_t consumer, Random& random) = 0;
  virtual void heal(Random& random) = 0;
  virtual void crashed(std::size_t consumer, Random& random) = 0;
  // What was flushed is lasting at once, for there is neither a fault nor a period to wait for.
  virtual bool prompt(std::size_t consumer) const = 0;
};

// RocksDB, as far as a consumer can tell: rows and checkpoints in one batch.
class LastingDisk final : public Lasting {
 public:
  std::unique_ptr<store::CountStore> make_store(std::size_t /*consumer*/) override {
    return std::make_unique<store::FakeStore>(disk_);
  }
  store::Checkpoints checkpoints() const override { return disk_.checkpoints(); }
  std::string problem(const Reference& reference) override {
    std::vector<std::pair<Partition, Offset>> included;
    for (const auto& [partition, checkpoint] : disk_.checkpoints()) {
      included.emplace_back(partition, checkpoint.next);
    }
    return difference({disk_.domains(), disk_.users()}, reference.below(included));
  }
  std::string fault(std::size_t /*consumer*/, Random& random) override {
    away_ = random.one_in(3);
    disk_.away(away_);
    return away_ ? "the disk goes away" : "the disk is there";
  }
  void heal(Random& /*random*/) override { disk_.away(away_ = false); }
  void crashed(std::size_t /*consumer*/, Random& /*random*/) override {}
  bool prompt(std::size_t /*consumer*/) const override { return !away_; }

 private:
  store::FakeDisk disk_;
  bool away_ = false;
};

class LastingCluster final : public Lasting {
 public:
  using Kind = store::cassandra::Kind;

  // `meanwhile`: what others do while a request of this consumer is on its way.
  LastingCluster(std::size_t consumers, int partitions, std::chrono::milliseconds sync_period,
                 PausingClock& clock, Metrics& metrics, const std::function<void(std::size_t)>& meanwhile)
      : partitions_(partitions), clock_(clock), metrics_(metrics), reader_(cluster_) {
    options_.sync_period = sync_period;
    options_.retry_first = std::chrono::milliseconds{1};
    options_.retry_cap = std::chrono::milliseconds{0};
    options_.reads_at_once = 1;  // on this thread
    for (std::size_t i = 0; i < consumers; ++i) {
      ways_.push_back(std::make_shared<Way>(cluster_, [meanwhile, i] { meanwhile(i); }));
    }
  }

  std::unique_ptr<store::CountStore> make_store(std::size_t consumer) override {
    auto connect = [way = ways_[consumer]]() -> Result<std::unique_ptr<store::cassandra::Session>> {
      return std::make_unique<SessionOnTheWay>(way);
    };
    return std::make_unique<store::cassandra::CassandraStore>(std::move(connect), options_, clock_, metrics_);
  }
  store::Checkpoints checkpoints() const override { return cluster_->checkpoints(generation()); }

  // Each row says the count below the offset that it names, and a checkpoint does not outlive its rows.
  std::string problem(const Reference& reference) override {
    const auto checkpoints = this->checkpoints();
    std::string problem;
    for (std::int32_t p = 0; p < partitions_; ++p) {
      const Partition partition{p};
      const auto checkpoint = checkpoints.find(partition);
      const Offset next = checkpoint == checkpoints.end() ? Offset{} : checkpoint->second.next;
      std::uint64_t needed = reference.below({{partition, next}}).changes();
      for (const auto& place : store::cassandra::places_of(generation(), partitions_)) {
        if (place.partition != partition) continue;
        (void)reader_.read_counts(place, [&](const auto& row) {
          const std::string key(row.key);
          const auto below = [&](Offset end) {
            return place.kind == Kind::domain ? reference.domain_below(partition, key, end)
                                              : reference.user_below(partition, key, end);
          };
          if (row.count != below(row.included)) {
            problem = text("the row", partition, key, row.count, below(row.included), row.included);
          }
          if (row.count < below(next)) {
            problem =
                text("the row is older than the checkpoint:", partition, key, row.count, below(next), next);
          }
          if (place.kind == Kind::domain) needed -= std::min(needed, below(next));
        });
      }
      if (needed > 0) problem = "partition " + std::to_string(p) + ": the checkpoint has no rows";
    }
    return problem;
  }

  std::string fault(std::size_t consumer, Random& random) override {
    if (!late_.empty() && random.one_in(3)) {
      late_.back()();
      late_.pop_back();
      return "a write of one that is dead comes late";
    }
    Way& way = *ways_[consumer];
    if (way.held() > 0 && random.one_in(2)) {
      way.let_through(random);
      return "writes of consumer " + std::to_string(consumer) + " come through at last";
    }
    constexpr std::array kModes{Way::Mode::open, Way::Mode::refuses, Way::Mode::loses_answers,
                                Way::Mode::holds};
    constexpr std::array kNames{"is open", "refuses", "loses answers", "holds writes back"};
    const std::size_t mode = random.below(kModes.size());
    const std::size_t more = random.below(12);
    way.set(kModes[mode], more);
    return "the way of consumer " + std::to_string(consumer) + ' ' + kNames[mode] + " after " +
           std::to_string(more);
  }
  void heal(Random& random) override {
    for (const auto& way : ways_) {
      way->set(Way::Mode::open, 0);
      while (way->held() > 0) way->let_through(random);
    }
    for (const auto& write : std::exchange(late_, {})) write();
  }
  void crashed(std::size_t consumer, Random& random) override {
    for (auto& write : ways_[consumer]->abandon(random)) late_.push_back(std::move(write));
  }
  bool prompt(std::size_t consumer) const override {
    return options_.sync_period.count() == 0 && ways_[consumer]->mode() == Way::Mode::open &&
           ways_[consumer]->held() == 0;
  }

 private:
  static std::string text(const char* what, Partition partition, const std::string& key, std::uint64_t is,
                          std::uint64_t ought, Offset at) {
    return std::string(what) + " of " + key + " of partition " + std::to_string(partition.number) + " says " +
           std::to_string(is) + " and not " + std::to_string(ought) + " below offset " +
           std::to_string(at.value);
  }
  static std::string generation() {
    return store::cassandra::generation_name({.topic = kTopic, .generation = "first"}, 1);
  }

  const int partitions_;
  PausingClock& clock_;
  Metrics& metrics_;
  const std::shared_ptr<store::cassandra::FakeCluster> cluster_ =
      std::make_shared<store::cassandra::FakeCluster>();
  store::cassandra::FakeSession reader_;
  store::cassandra::StoreOptions options_{};
  std::vector<std::shared_ptr<Way>> ways_;
  std::vector<std::function<void()>> late_;  // writes of the dead
};

}  // namespace wikiflow::pipeline::simulation
