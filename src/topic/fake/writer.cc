#include "topic/fake/state.h"
#include "topic/partition_hash.h"

namespace wikiflow::topic {
namespace {

class FakeWriter final : public Writer {
 public:
  FakeWriter(std::shared_ptr<FakeState> state, FakeTopic& topic)
      : state_(std::move(state)),
        topic_(topic),
        own_(std::make_shared<FakeWriterState>(state_->options.max_in_flight)) {
    topic_.writers.push_back(own_);
  }

  ~FakeWriter() override {
    const std::lock_guard lock(state_->mutex);
    if (!own_->failure) state_->flush_reordering(topic_, *own_);
    std::erase_if(topic_.writers, [this](const auto& weak) { return weak.lock() == own_; });
  }

  Result<void> send(const OutRecord& record, std::stop_token stop) override {
    std::unique_lock lock(state_->mutex);
    if (record.key.size() + record.value.size() > state_->options.max_record_bytes) {
      return bad_input("a record of " + std::to_string(record.key.size() + record.value.size()) +
                       " bytes is larger than the " + std::to_string(state_->options.max_record_bytes) +
                       " that the topic takes");
    }
    if (!wait_for_room(lock, stop)) return transient("stopped while the broker took no more records");
    if (state_->fail_next_sends > 0 && !own_->failure) {
      --state_->fail_next_sends;
      own_->failure = "told to fail";
    }
    if (own_->failure) return fatal(*own_->failure);
    take(record);
    return {};
  }

  Result<void> flush(std::chrono::milliseconds limit) override {
    std::unique_lock lock(state_->mutex);
    if (!own_->failure && !state_->away) state_->flush_reordering(topic_, *own_);
    const bool done = state_->moved.wait_for(
        lock, limit, [this] { return own_->failure || own_->acks.prefix() == own_->taken; });
    if (own_->failure) return fatal(*own_->failure);
    if (!done) return transient("not everything was acknowledged in time");
    return {};
  }

  std::uint64_t acknowledged() const override { return own_->acks.prefix(); }

  std::uint64_t refused() const override {
    const std::lock_guard lock(state_->mutex);
    return own_->refused;
  }

  std::vector<RefusedRecord> take_refused() override {
    const std::lock_guard lock(state_->mutex);
    return std::exchange(own_->refused_records, {});
  }

  std::optional<std::string> trouble() const override {
    const std::lock_guard lock(state_->mutex);
    if (own_->failure) return own_->failure;
    if (state_->away) return "the broker is away";
    return std::nullopt;
  }

  Result<std::optional<Reach>> reach() const override {
    const std::lock_guard lock(state_->mutex);
    if (own_->failure) return fatal(*own_->failure);
    if (state_->away) return std::nullopt;
    Reach reach{state_->clock.steady(), 0, own_->taken - own_->pending.size()};
    for (const FakePartition& partition : topic_.partitions) reach.end += partition.end();
    return reach;
  }

 private:
  bool wait_for_room(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
    ++state_->blocked_sends;
    const bool room =
        state_->moved.wait(lock, stop, [this] { return own_->failure || own_->acks.has_room(own_->taken); });
    --state_->blocked_sends;
    return room;
  }

  void take(const OutRecord& record) {
    const auto partitions = static_cast<int>(topic_.partitions.size());
    FakePending pending;
    pending.sequence = own_->taken++;
    pending.partition =
        record.key.empty() ? Partition{state_->keyless++ % partitions} : partition_of(record.key, partitions);
    pending.record.key = record.key;
    pending.record.value = record.value;
    for (const Header& header : record.headers)
      pending.record.headers.emplace_back(header.name, header.value);
    if (state_->is_away(pending.partition)) {
      own_->pending.push_back(std::move(pending));
    } else {
      state_->deliver(topic_, *own_, std::move(pending));
    }
  }

  const std::shared_ptr<FakeState> state_;
  FakeTopic& topic_;
  const std::shared_ptr<FakeWriterState> own_;
};

}  // namespace

std::unique_ptr<Writer> make_fake_writer(std::shared_ptr<FakeState> state, FakeTopic& topic) {
  return std::make_unique<FakeWriter>(std::move(state), topic);
}

}  // namespace wikiflow::topic
