#include "topic/rota.h"

#include <algorithm>

namespace wikiflow::topic {
namespace {

constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours{1};  // now + wait must not overflow

}  // namespace

void Rota::add(Partition partition) {
  const std::lock_guard lock(mutex_);
  Slot slot;
  slot.membership = ++memberships_;
  slots_[partition.number] = slot;
}

void Rota::wake(Partition partition) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(partition.number);
  if (found == slots_.end() || found->second.withdrawn) return;
  if (found->second.out) {
    found->second.woken = true;
  } else {
    enqueue(found->first, found->second);
  }
}

void Rota::enqueue(std::int32_t number, Slot& slot) {
  if (slot.queued) return;
  slot.queued = true;
  ready_.push_back(number);
  if (out_ < places_) ready_or_closed_.notify_one();
}

std::optional<Rota::Turn> Rota::take(std::chrono::milliseconds wait, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const auto can_go_on = [this] { return closed_ || (out_ < places_ && !ready_.empty()); };
  if (!ready_or_closed_.wait_for(lock, stop, std::min(wait, kLongestWait), can_go_on) || closed_)
    return std::nullopt;
  const std::int32_t number = ready_.front();
  ready_.pop_front();
  Slot& slot = slots_.at(number);
  slot.queued = false;
  slot.out = true;
  slot.woken = false;
  ++out_;
  in_work_.Increment();
  if (out_ < places_ && !ready_.empty()) ready_or_closed_.notify_one();
  return Turn{{number}, slot.membership};
}

void Rota::give_back(Turn turn, bool more) {
  const std::lock_guard lock(mutex_);
  --out_;
  in_work_.Decrement();
  const auto found = slots_.find(turn.partition.number);
  if (found != slots_.end() && found->second.membership == turn.membership) {
    found->second.out = false;
    if (!found->second.withdrawn && (more || found->second.woken)) enqueue(found->first, found->second);
    if (found->second.withdrawn) came_back_.notify_all();
  }
  if (!ready_.empty()) ready_or_closed_.notify_one();
}

bool Rota::any_out(std::span<const Partition> partitions) const {
  return std::ranges::any_of(partitions, [this](Partition partition) {
    const auto found = slots_.find(partition.number);
    return found != slots_.end() && found->second.out;
  });
}

bool Rota::withdraw(std::span<const Partition> partitions, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  for (const Partition partition : partitions) {
    const auto found = slots_.find(partition.number);
    if (found == slots_.end()) continue;
    found->second.withdrawn = true;
    if (found->second.queued) std::erase(ready_, partition.number);
    found->second.queued = false;
  }
  const bool all_back = came_back_.wait_for(lock, limit, [&] { return !any_out(partitions); });
  for (const Partition partition : partitions) slots_.erase(partition.number);
  return all_back;
}

void Rota::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  ready_or_closed_.notify_all();
}

}  // namespace wikiflow::topic
