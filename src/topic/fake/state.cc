#include "topic/fake/state.h"

#include <algorithm>

namespace wikiflow::topic {

FakeTopic* FakeState::find(const std::string& topic) {
  const auto found = topics.find(topic);
  return found == topics.end() ? nullptr : found->second.get();
}

Group& FakeState::group(const std::string& name, FakeTopic& topic) {
  auto& group = groups[{name, topic.name}];
  if (!group) group = std::make_unique<Group>(static_cast<int>(topic.partitions.size()));
  return *group;
}

void FakeState::append(FakeTopic& topic, Partition partition, FakeRecord record) {
  FakePartition& log = topic.partitions.at(static_cast<std::size_t>(partition.number));
  record.offset = {log.end()};
  record.time = clock.now();
  const auto kept = std::make_shared<const FakeRecord>(std::move(record));
  log.records.push_back(kept);
  if (duplicate_every > 0 && ++appended % static_cast<std::uint64_t>(duplicate_every) == 0) {
    auto copy = std::make_shared<FakeRecord>(*kept);
    copy->offset = {log.end()};
    log.records.push_back(std::move(copy));
  }
  for (InProcessReader* reader : topic.readers) reader->wake(partition);
}

void FakeState::acknowledge(FakeWriterState& writer, std::uint64_t sequence) {
  if (hold_acknowledgements) {
    writer.held.insert(sequence);
    return;
  }
  writer.acks.mark(sequence);
  writer.acks.advance();
  moved.notify_all();
}

void FakeState::deliver(FakeTopic& topic, FakeWriterState& writer, FakePending pending) {
  if (refuse_next > 0) {
    --refuse_next;
    ++writer.refused;
    writer.refused_records.push_back(
        {pending.sequence, std::move(pending.record.value), "told to refuse it"});
    acknowledge(writer, pending.sequence);
    return;
  }
  if (reorder > 1) {
    writer.reordering.push_back(std::move(pending));
    if (writer.reordering.size() >= reorder) flush_reordering(topic, writer);
    return;
  }
  append(topic, pending.partition, std::move(pending.record));
  acknowledge(writer, pending.sequence);
}

// The last key comes first; records of one key stay in the order of send(), which no broker breaks.
void FakeState::flush_reordering(FakeTopic& topic, FakeWriterState& writer) {
  auto waiting = std::exchange(writer.reordering, {});
  std::ranges::stable_sort(waiting, std::ranges::greater{},
                           [](const FakePending& p) { return p.record.key; });
  for (auto& pending : waiting) {
    append(topic, pending.partition, std::move(pending.record));
    acknowledge(writer, pending.sequence);
  }
}

void FakeState::flush_pending() {
  for (auto& [name, topic] : topics) {
    for (const auto& writer : writers_of(*topic)) {
      for (FakePending& pending : std::exchange(writer->pending, {})) {
        if (is_away(pending.partition)) {
          writer->pending.push_back(std::move(pending));
        } else {
          deliver(*topic, *writer, std::move(pending));
        }
      }
    }
  }
}

void FakeState::wake_readers() {
  for (auto& [name, topic] : topics) {
    for (InProcessReader* reader : topic->readers) {
      for (std::size_t i = 0; i < topic->partitions.size(); ++i) reader->wake({static_cast<std::int32_t>(i)});
    }
  }
}

std::vector<std::shared_ptr<FakeWriterState>> FakeState::writers_of(FakeTopic& topic) {
  std::vector<std::shared_ptr<FakeWriterState>> alive;
  for (const auto& weak : topic.writers) {
    if (auto writer = weak.lock()) alive.push_back(std::move(writer));
  }
  return alive;
}

}  // namespace wikiflow::topic
