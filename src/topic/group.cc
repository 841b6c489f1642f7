#include "topic/group.h"

#include <pthread.h>

#include <algorithm>
#include <string>

namespace wikiflow::topic {

Group::Member Group::join() {
  const std::lock_guard lock(mutex_);
  lost_[++last_member_];
  share_out();
  return last_member_;
}

void Group::leave(Member member) {
  const std::lock_guard lock(mutex_);
  lost_.erase(member);
  std::erase_if(owner_, [member](const auto& entry) { return entry.second == member; });
  share_out();
}

// Each member keeps what it has up to its fair share; the rest goes to those below theirs.
void Group::share_out() {
  changed_.notify_all();
  target_.clear();
  if (lost_.empty()) return;
  const auto members = static_cast<int>(lost_.size());
  std::map<Member, int> share;
  int extra = partitions_ % members;
  for (const auto& [member, lost] : lost_) share[member] = partitions_ / members + (extra-- > 0 ? 1 : 0);
  for (const auto& [partition, member] : owner_) {
    if (share[member] == 0) continue;
    target_[partition] = member;
    --share[member];
  }
  auto taker = share.begin();
  for (std::int32_t number = 0; number < partitions_; ++number) {
    if (target_.contains({number})) continue;
    while (taker->second == 0) ++taker;
    target_[{number}] = taker->first;
    --taker->second;
  }
}

Group::Change Group::change_of(Member member) {
  Change change;
  change.lost = std::exchange(lost_.at(member), {});
  if (!change.lost.empty()) return change;
  for (const auto& [partition, owner] : owner_) {
    if (owner == member && target_.at(partition) != member) change.revoked.push_back(partition);
  }
  if (!change.revoked.empty()) return change;
  for (const auto& [partition, owner] : target_) {
    if (owner == member && !owner_.contains(partition)) change.assigned.push_back(partition);
  }
  for (const Partition partition : change.assigned) owner_[partition] = member;
  return change;
}

std::optional<Group::Change> Group::await_change(Member member, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  Change change;
  const auto something = [&] {
    change = change_of(member);
    return !(change.lost.empty() && change.revoked.empty() && change.assigned.empty());
  };
  if (!changed_.wait(lock, stop, something)) return std::nullopt;
  return change;
}

void Group::gave_up(Member member, std::span<const Partition> partitions) {
  const std::lock_guard lock(mutex_);
  for (const Partition partition : partitions) {
    const auto found = owner_.find(partition);
    if (found != owner_.end() && found->second == member) owner_.erase(found);
  }
  changed_.notify_all();
}

void Group::lose_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, member] : owner_) lost_.at(member).push_back(partition);
  owner_.clear();
  share_out();
}

GroupFollower::GroupFollower(Group& group, AssignmentListener& listener, Rider& rider)
    : group_(group), listener_(listener), rider_(rider), member_(group.join()) {
  thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  pthread_setname_np(thread_.native_handle(), "topic-group");
}

GroupFollower::~GroupFollower() {
  thread_.request_stop();
  thread_.join();
  group_.leave(member_);
}

void GroupFollower::run(std::stop_token stop) {
  while (const auto change = group_.await_change(member_, stop)) {
    if (!apply(*change)) return;
  }
  give_up(std::vector(owned_));
}

bool GroupFollower::apply(const Group::Change& change) {
  if (!change.lost.empty()) {
    rider_.end(change.lost, false);
    listener_.lost(change.lost);
    std::erase_if(owned_,
                  [&](Partition p) { return std::ranges::find(change.lost, p) != change.lost.end(); });
  }
  give_up(change.revoked);
  if (change.assigned.empty()) return true;
  auto positions = listener_.assigned(change.assigned);
  if (!positions) {
    rider_.failed(std::move(positions.error()));
    give_up(std::vector(owned_));
    group_.leave(member_);
    return false;
  }
  owned_.insert(owned_.end(), change.assigned.begin(), change.assigned.end());
  rider_.begin(*positions);
  return true;
}

void GroupFollower::give_up(std::span<const Partition> partitions) {
  if (partitions.empty()) return;
  if (rider_.end(partitions, true)) {
    listener_.revoked(partitions);
  } else {
    // A batch did not come back in time: what it counts may be stored after the next owner has read the
    // store.
    listener_.lost(partitions);
  }
  std::erase_if(owned_, [&](Partition p) { return std::ranges::find(partitions, p) != partitions.end(); });
  group_.gave_up(member_, partitions);
}

}  // namespace wikiflow::topic
