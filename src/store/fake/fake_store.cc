#include "store/fake/fake_store.h"

namespace wikiflow::store {
namespace {

std::map<std::string, std::uint64_t> rows(const count::CountsView& view) {
  std::map<std::string, std::uint64_t> all;
  for (std::size_t i = 0; i < view.size(); ++i) all[std::string(view[i].key)] = view[i].count;
  return all;
}

}  // namespace

void FakeDisk::away(bool away) {
  const std::lock_guard lock(mutex_);
  away_ = away;
}

void FakeDisk::break_it() {
  const std::lock_guard lock(mutex_);
  broken_ = true;
}

Checkpoints FakeDisk::checkpoints() const {
  const std::lock_guard lock(mutex_);
  return checkpoints_;
}

std::map<std::string, std::uint64_t> FakeDisk::domains() const {
  const std::lock_guard lock(mutex_);
  return domains_;
}

std::map<std::string, std::uint64_t> FakeDisk::users() const {
  const std::lock_guard lock(mutex_);
  return users_;
}

Result<Checkpoints> FakeStore::open(const Identity& identity) {
  const std::scoped_lock lock(mutex_, disk_.mutex_);
  if (disk_.away_) return transient("the disk is away");
  if (disk_.identity_ && !same_counts(*disk_.identity_, identity)) {
    return other_identity("the disk", *disk_.identity_, identity);
  }
  disk_.identity_ = identity;
  totals_ = {};
  for (const auto& [domain, count] : disk_.domains_) totals_.load_domain(domain, count);
  for (const auto& [user, count] : disk_.users_) totals_.load_user(user, count);
  checkpoints_ = disk_.checkpoints_;
  return checkpoints_;
}

Result<void> FakeStore::add(Partition partition, std::span<const Item> items, const Checkpoint& after) {
  const std::lock_guard lock(mutex_);
  Checkpoint& kept = checkpoints_[partition];
  if (after.next <= kept.next) return {};
  adder_.add(totals_, items, kept.next);
  kept = after;
  return {};
}

Result<std::map<Partition, Offset>> FakeStore::flush(const FlushLimits& /*limits*/) {
  const std::scoped_lock lock(mutex_, disk_.mutex_);
  if (disk_.broken_) return fatal("the disk is broken");
  if (disk_.away_) return transient("the disk is away");
  const auto view = totals_.view();
  disk_.domains_ = rows(view.by_domain);
  disk_.users_ = rows(view.by_user);
  disk_.checkpoints_ = checkpoints_;
  std::map<Partition, Offset> lasting;
  for (const auto& [partition, checkpoint] : checkpoints_) lasting[partition] = checkpoint.next;
  return lasting;
}

std::optional<std::string> FakeStore::trouble() const {
  const std::lock_guard lock(disk_.mutex_);
  if (disk_.away_) return "the disk is away";
  return std::nullopt;
}

StoreView FakeStore::view() {
  const std::lock_guard lock(mutex_);
  StoreView view{totals_.view(), {}};
  for (const auto& [partition, checkpoint] : checkpoints_)
    view.included.emplace_back(partition, checkpoint.next);
  return view;
}

StoreSize FakeStore::size() const {
  const std::lock_guard lock(mutex_);
  return {totals_.domains(), totals_.users(), totals_.changes(), totals_.revision()};
}

}  // namespace wikiflow::store
