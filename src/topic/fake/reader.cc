#include "topic/fake/state.h"
#include "topic/in_process_reader.h"

namespace wikiflow::topic {
namespace {

class Lease final : public TurnLease {
 public:
  using TurnLease::TurnLease;

  std::optional<std::string_view> header(const Record& record, std::string_view name) const override {
    const auto& headers = static_cast<const FakeRecord*>(record.handle)->headers;
    for (auto it = headers.rbegin(); it != headers.rend(); ++it) {
      if (it->first == name) return it->second;
    }
    return std::nullopt;
  }

  std::vector<std::shared_ptr<const FakeRecord>> kept;
  std::vector<Record> records;
};

class FakeReader final : public InProcessReader {
 public:
  FakeReader(std::shared_ptr<FakeState> state, FakeTopic& topic, const ReaderOptions& options)
      : InProcessReader(options, state->metrics),
        state_(std::move(state)),
        topic_(topic),
        last_contact_(state_->clock.steady()) {
    std::vector<std::pair<Partition, Offset>> beginning;
    Group* group = nullptr;
    {
      const std::lock_guard lock(state_->mutex);
      topic_.readers.push_back(this);
      for (std::size_t i = 0; i < topic_.partitions.size(); ++i) {
        const Partition partition{static_cast<std::int32_t>(i)};
        beginning.emplace_back(partition, start_of(partition, {topic_.partitions[i].beginning}));
      }
      if (options.listener != nullptr) group = &state_->group(options.group, topic_);
    }
    if (group == nullptr) {
      read(beginning);
    } else {
      follow(*group);
    }
  }

  ~FakeReader() override {
    leave();
    const std::lock_guard lock(state_->mutex);
    std::erase(topic_.readers, this);
  }

  void commit(Partition partition, Offset next) override {
    const std::lock_guard lock(state_->mutex);
    uncommitted_[partition] = next;
    send_commits();
  }

  Result<void> flush_commits(std::chrono::milliseconds /*limit*/) override {
    const std::lock_guard lock(state_->mutex);
    send_commits();
    if (!uncommitted_.empty()) return transient("the broker is away; commits are waiting");
    return {};
  }

  std::vector<Progress> progress() const override {
    const std::lock_guard lock(state_->mutex);
    std::vector<Progress> all;
    for (const auto& [partition, next] : positions()) {
      const auto& log = topic_.partitions.at(static_cast<std::size_t>(partition.number));
      all.push_back({partition, next, {log.beginning}, {log.end()}, true});
    }
    return all;
  }

  SteadyTime last_contact() const override {
    const std::lock_guard lock(state_->mutex);
    if (!state_->away) last_contact_ = state_->clock.steady();
    return last_contact_;
  }

  std::optional<std::string> trouble() const override {
    if (const auto error = failure()) return error->what;
    const std::lock_guard lock(state_->mutex);
    if (state_->away) return "the broker is away";
    return std::nullopt;
  }

 private:
  Result<std::optional<Batch>> fetch(Rota::Turn turn, Offset position) override {
    const std::lock_guard lock(state_->mutex);
    if (state_->away || !state_->gate_open) return std::nullopt;
    const auto& log = topic_.partitions.at(static_cast<std::size_t>(turn.partition.number));
    if (position.value < log.beginning || position.value > log.end()) {
      return fatal("partition " + std::to_string(turn.partition.number) + " has no offset " +
                   std::to_string(position.value) + "; start again from the beginning");
    }
    const auto from = static_cast<std::size_t>(position.value - log.beginning);
    const auto count = std::min(options().max_batch_records, log.records.size() - from);
    if (count == 0) return std::nullopt;
    auto lease = std::make_unique<Lease>(rota(), turn);
    lease->set_more(from + count < log.records.size());
    for (std::size_t i = from; i < from + count; ++i) {
      const FakeRecord& record = *lease->kept.emplace_back(log.records[i]);
      lease->records.push_back({record.key, record.value, record.offset, record.time, &record});
    }
    const std::span<const Record> records = lease->records;
    return Batch(turn.partition, records, {position.value + static_cast<std::int64_t>(count)},
                 std::move(lease));
  }

  void send_commits() {
    if (state_->away || uncommitted_.empty()) return;
    for (const auto& [partition, next] : uncommitted_) {
      state_->commits[{options().group, topic_.name}][partition] = next;
    }
    uncommitted_.clear();
  }

  const std::shared_ptr<FakeState> state_;
  FakeTopic& topic_;
  // Under the state's mutex.
  std::map<Partition, Offset> uncommitted_;
  mutable SteadyTime last_contact_;
};

}  // namespace

std::unique_ptr<Reader> make_fake_reader(std::shared_ptr<FakeState> state, FakeTopic& topic,
                                         const ReaderOptions& options) {
  return std::make_unique<FakeReader>(std::move(state), topic, options);
}

}  // namespace wikiflow::topic
