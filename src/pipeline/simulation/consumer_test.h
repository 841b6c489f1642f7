// A consumer, life after life: store, reader and tally as apps/run/counting.cc puts them together, but each
// step when the simulation likes. What a crash leaves is the disk, or the cluster, and the topic.
//
// Threads: the one that drives.

#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/ownership.h"
#include "pipeline/simulation/reference_test.h"
#include "pipeline/tally.h"
#include "store/count_store.h"

namespace wikiflow::pipeline::simulation {

struct ConsumerOptions {
  std::uint32_t dedupe_ids = 0;
  int partitions = 0;
  std::size_t batch_records = 7;
};

class Consumer {
 public:
  using MakeStore = std::function<std::unique_ptr<store::CountStore>()>;

  Consumer(MakeStore make_store, topic::FakeBroker& broker, PausingClock& clock, Metrics& metrics,
           const ConsumerOptions& options)
      : make_store_(std::move(make_store)),
        broker_(broker),
        clock_(clock),
        metrics_(metrics),
        options_(options) {}

  bool alive() const { return life_ && life_->tally; }

  // Tries to come to life. An error that is not transient: nothing of the kind may happen.
  Result<void> start() {
    auto life = std::make_unique<Life>();
    life->store = make_store_();
    const auto from = life->store->open({.topic = kTopic,
                                         .generation = "first",
                                         .partitions = options_.partitions,
                                         .dedupe_window = options_.dedupe_ids});
    if (!from) return tl::make_unexpected(from.error());
    topic::ReaderOptions reading{
        .group = kGroup, .batches_in_work = 2, .max_batch_records = options_.batch_records};
    reading.start = start_offsets(*from, options_.dedupe_ids);
    auto reader = broker_.reader(kTopic, reading);
    if (!reader) return tl::make_unexpected(reader.error());
    life->reader = *std::move(reader);
    const TallyOptions tally{.workers = 1, .dedupe_ids = options_.dedupe_ids};
    life->tally = std::make_unique<Tally>(*life->reader, *life->store, *from, tally, clock_, metrics_);
    if (life->store->shared()) {
      life->ownership = std::make_unique<Ownership>(*life->store, kRevokeLimit, metrics_);
      life->ownership->set_reader(life->reader.get());
    }
    if (auto begun = life->tally->begin({}); !begun) return begun;
    (void)life->tally->freshness();  // as the first look at /stats does: where the log ends now is the target
    life_ = std::move(life);
    return {};
  }

  Result<void> count_batch() {
    return life_->tally->count_next(life_->desk, kNoWait, {}).map([](Tally::Step) {});
  }
  // One try, which does not wait.
  Result<void> flush() { return life_->tally->flush(kNoWait); }
  // Nothing that was not flushed outlives it.
  void crash() { life_.reset(); }

  // What a group says.
  Result<void> assigned(Partition partition) {
    return life_->ownership->assigned({&partition, 1}).map([](const auto&) {});
  }
  void revoked(Partition partition) { life_->ownership->revoked({&partition, 1}); }
  void lost(Partition partition) { life_->ownership->lost({&partition, 1}); }

  bool complete() { return life_->tally->freshness().complete; }
  std::int64_t lag() { return life_->tally->freshness().lag; }
  Numbers numbers() {
    const auto totals = life_->tally->answer().totals;
    return {rows(totals.by_domain), rows(totals.by_user)};
  }
  std::vector<std::pair<Partition, Offset>> included() { return life_->store->view().included; }
  // Where it reads.
  Offset next(Partition partition) const {
    for (const auto& progress : life_->reader->progress()) {
      if (progress.partition == partition) return progress.next;
    }
    return {};
  }
  // Everything that rows had included beyond the checkpoint was read again.
  bool replayed() {
    std::set<Partition> behind;
    for (std::int32_t p = 0; p < options_.partitions; ++p) {
      if (life_->store->replayed_to({p}) > Offset{}) behind.insert({p});
    }
    for (const auto& [partition, next] : included()) {
      if (next >= life_->store->replayed_to(partition)) behind.erase(partition);
    }
    return behind.empty();
  }

  static constexpr auto kGroup = "consumers";

 private:
  static constexpr std::chrono::milliseconds kNoWait{0};
  static constexpr std::chrono::milliseconds kRevokeLimit{1};

  struct Life {
    std::unique_ptr<store::CountStore> store{};
    std::unique_ptr<topic::Reader> reader{};
    std::unique_ptr<Ownership> ownership{};
    std::unique_ptr<Tally> tally{};
    Tally::Desk desk{};
  };

  static std::map<std::string, std::uint64_t> rows(const count::CountsView& view) {
    std::map<std::string, std::uint64_t> all;
    for (std::size_t i = 0; i < view.size(); ++i) {
      if (view[i].count > 0) all[std::string(view[i].key)] = view[i].count;
    }
    return all;
  }

  const MakeStore make_store_;
  topic::FakeBroker& broker_;
  PausingClock& clock_;
  Metrics& metrics_;
  const ConsumerOptions options_;
  std::unique_ptr<Life> life_;
};

}  // namespace wikiflow::pipeline::simulation
