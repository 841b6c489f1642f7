#include "topic/fake/fake.h"

#include <algorithm>

#include "topic/fake/state.h"

namespace wikiflow::topic {

FakeBroker::FakeBroker(Metrics& metrics, Clock& clock, FakeOptions options)
    : state_(std::make_shared<FakeState>(metrics, clock, options)) {}

FakeBroker::~FakeBroker() = default;

Result<TopicState> FakeBroker::ensure(const TopicSpec& spec, std::chrono::milliseconds /*limit*/) {
  const std::lock_guard lock(state_->mutex);
  if (state_->away) return transient("the broker is away");
  TopicState found;
  FakeTopic* topic = state_->find(spec.name);
  if (topic == nullptr) {
    if (!spec.create) return fatal("there is no topic '" + spec.name + "'; create it first");
    auto made = std::make_unique<FakeTopic>();
    made->name = spec.name;
    made->partitions.resize(static_cast<std::size_t>(spec.partitions));
    topic = made.get();
    state_->topics[spec.name] = std::move(made);
    found.created = true;
  }
  found.generation = topic->generation;
  found.partitions = static_cast<int>(topic->partitions.size());
  if (found.partitions != spec.partitions) {
    found.warnings.push_back("topic '" + spec.name + "' has " + std::to_string(found.partitions) +
                             " partitions, not " + std::to_string(spec.partitions));
  }
  return found;
}

Result<std::unique_ptr<Writer>> FakeBroker::writer(const std::string& topic) {
  const std::lock_guard lock(state_->mutex);
  FakeTopic* found = state_->find(topic);
  if (found == nullptr) return fatal("there is no topic '" + topic + "'");
  return make_fake_writer(state_, *found);
}

Result<std::unique_ptr<Reader>> FakeBroker::reader(const std::string& topic, const ReaderOptions& options) {
  FakeTopic* found = nullptr;
  {
    const std::lock_guard lock(state_->mutex);
    found = state_->find(topic);
    if (found == nullptr) return fatal("there is no topic '" + topic + "'");
    if (state_->away) return transient("the broker is away");
  }
  return make_fake_reader(state_, *found, options);
}

Result<std::vector<Tail>> FakeBroker::tails(const std::string& topic, std::size_t records_per_partition,
                                            std::chrono::milliseconds /*limit*/) {
  const std::lock_guard lock(state_->mutex);
  const FakeTopic* found = state_->find(topic);
  if (found == nullptr) return fatal("there is no topic '" + topic + "'");
  if (state_->away) return transient("the broker is away");
  if (!state_->partitions_away.empty()) {
    return transient("partition " + std::to_string(state_->partitions_away.begin()->number) +
                     " cannot be read");
  }
  std::vector<Tail> all;
  for (std::size_t i = 0; i < found->partitions.size(); ++i) {
    const FakePartition& log = found->partitions[i];
    Tail tail{{static_cast<std::int32_t>(i)}, {log.beginning}, {log.end()}, {}};
    const std::size_t skipped = log.records.size() - std::min(log.records.size(), records_per_partition);
    for (std::size_t n = skipped; n < log.records.size(); ++n) {
      const FakeRecord& record = *log.records[n];
      tail.records.push_back({record.offset, record.time, record.headers});
    }
    all.push_back(std::move(tail));
  }
  return all;
}

void FakeBroker::away(bool away) {
  const std::lock_guard lock(state_->mutex);
  state_->away = away;
  if (away) return;
  state_->flush_pending();
  state_->wake_readers();
}

void FakeBroker::partition_away(Partition partition, bool away) {
  const std::lock_guard lock(state_->mutex);
  if (away) {
    state_->partitions_away.insert(partition);
  } else {
    state_->partitions_away.erase(partition);
  }
  state_->flush_pending();
}

void FakeBroker::fail_next_sends(int count) {
  const std::lock_guard lock(state_->mutex);
  state_->fail_next_sends = count;
}

void FakeBroker::fail_writers(const std::string& why) {
  const std::lock_guard lock(state_->mutex);
  for (auto& [name, topic] : state_->topics) {
    for (const auto& writer : FakeState::writers_of(*topic)) {
      writer->failure = why;
      writer->pending.clear();
      writer->reordering.clear();
    }
  }
  state_->moved.notify_all();
}

void FakeBroker::refuse_next(int count) {
  const std::lock_guard lock(state_->mutex);
  state_->refuse_next = count;
}

void FakeBroker::duplicate_every(int nth) {
  const std::lock_guard lock(state_->mutex);
  state_->duplicate_every = nth;
}

void FakeBroker::reorder(int window) {
  const std::lock_guard lock(state_->mutex);
  state_->reorder = static_cast<std::size_t>(window);
  for (auto& [name, topic] : state_->topics) {
    for (const auto& writer : FakeState::writers_of(*topic)) state_->flush_reordering(*topic, *writer);
  }
}

void FakeBroker::hold_acknowledgements(bool hold) {
  const std::lock_guard lock(state_->mutex);
  state_->hold_acknowledgements = hold;
  if (hold) return;
  for (auto& [name, topic] : state_->topics) {
    for (const auto& writer : FakeState::writers_of(*topic)) {
      for (const auto sequence : std::exchange(writer->held, {})) writer->acks.mark(sequence);
      writer->acks.advance();
    }
  }
  state_->moved.notify_all();
}

std::vector<std::uint64_t> FakeBroker::held(const std::string& topic) const {
  const std::lock_guard lock(state_->mutex);
  FakeTopic* found = state_->find(topic);
  if (found == nullptr) return {};
  const auto writers = FakeState::writers_of(*found);
  if (writers.empty()) return {};
  return {writers.back()->held.begin(), writers.back()->held.end()};
}

void FakeBroker::acknowledge(const std::string& topic, std::uint64_t sequence) {
  const std::lock_guard lock(state_->mutex);
  FakeTopic* found = state_->find(topic);
  if (found == nullptr) return;
  const auto writers = FakeState::writers_of(*found);
  if (writers.empty() || writers.back()->held.erase(sequence) == 0) return;
  writers.back()->acks.mark(sequence);
  writers.back()->acks.advance();
  state_->moved.notify_all();
}

void FakeBroker::gate(bool open) {
  const std::lock_guard lock(state_->mutex);
  state_->gate_open = open;
  if (open) state_->wake_readers();
}

void FakeBroker::lose_assignments(const std::string& group, const std::string& topic) {
  Group* found = nullptr;
  {
    const std::lock_guard lock(state_->mutex);
    const auto entry = state_->groups.find({group, topic});
    if (entry == state_->groups.end()) return;
    found = entry->second.get();
  }
  found->lose_all();
}

void FakeBroker::expire(const std::string& topic, Partition partition, Offset beginning) {
  const std::lock_guard lock(state_->mutex);
  FakeTopic* found = state_->find(topic);
  if (found == nullptr) return;
  auto& log = found->partitions.at(static_cast<std::size_t>(partition.number));
  while (log.beginning < beginning.value && !log.records.empty()) {
    log.records.pop_front();
    ++log.beginning;
  }
}

void FakeBroker::set_generation(const std::string& topic, const std::string& generation) {
  const std::lock_guard lock(state_->mutex);
  FakeTopic* found = state_->find(topic);
  if (found != nullptr) found->generation = generation;
}

void FakeBroker::append(const std::string& topic, Partition partition, FakeRecord record) {
  const std::lock_guard lock(state_->mutex);
  FakeTopic* found = state_->find(topic);
  if (found != nullptr) state_->append(*found, partition, std::move(record));
}

std::vector<FakeRecord> FakeBroker::records(const std::string& topic, Partition partition,
                                            Offset from) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<FakeRecord> all;
  FakeTopic* found = state_->find(topic);
  if (found == nullptr) return all;
  const FakePartition& log = found->partitions.at(static_cast<std::size_t>(partition.number));
  for (std::int64_t at = std::max(from.value, log.beginning); at < log.end(); ++at) {
    all.push_back(*log.records[static_cast<std::size_t>(at - log.beginning)]);
  }
  return all;
}

int FakeBroker::partitions(const std::string& topic) const {
  const std::lock_guard lock(state_->mutex);
  FakeTopic* found = state_->find(topic);
  return found == nullptr ? 0 : static_cast<int>(found->partitions.size());
}

std::map<Partition, Offset> FakeBroker::committed(const std::string& group, const std::string& topic) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->commits.find({group, topic});
  return found == state_->commits.end() ? std::map<Partition, Offset>{} : found->second;
}

int FakeBroker::blocked_sends() const {
  const std::lock_guard lock(state_->mutex);
  return state_->blocked_sends;
}

}  // namespace wikiflow::topic
