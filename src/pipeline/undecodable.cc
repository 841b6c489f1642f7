#include "pipeline/undecodable.h"

namespace wikiflow::pipeline {

Undecodable::Undecodable(DeadLetters& letters, std::string topic, std::string generation, bool shared)
    : letters_(letters), topic_(std::move(topic)), generation_(std::move(generation)), shared_(shared) {}

void Undecodable::give(Partition partition, const topic::Record& record, std::string_view why) {
  auto letter = dead_record(topic_, generation_, partition, record, why);
  const std::lock_guard lock(mutex_);
  if (!shared_ || owned_.contains(partition)) {
    letters_.put_at_once(std::move(letter));
    return;
  }
  held_bytes_ += letter.value.size();
  held_.push_back({partition, std::move(letter)});
  while (held_.size() > kHeldBack || held_bytes_ > kHeldBackBytes) {
    held_bytes_ -= held_.front().letter.value.size();
    letters_.put_at_once(std::move(held_.front().letter));
    held_.pop_front();
  }
}

void Undecodable::own(std::span<const Partition> partitions) {
  const std::lock_guard lock(mutex_);
  owned_.insert(partitions.begin(), partitions.end());
  std::deque<Held> others;
  for (Held& held : held_) {
    if (!owned_.contains(held.partition)) {
      others.push_back(std::move(held));
      continue;
    }
    held_bytes_ -= held.letter.value.size();
    letters_.put_at_once(std::move(held.letter));
  }
  held_ = std::move(others);
}

void Undecodable::disown(std::span<const Partition> partitions) {
  const std::lock_guard lock(mutex_);
  for (const Partition partition : partitions) owned_.erase(partition);
}

}  // namespace wikiflow::pipeline
