#include "store/cassandra/session_fake.h"

#include <algorithm>

namespace wikiflow::store::cassandra {

void FakeCluster::fail_writes(int n, Error error) {
  const std::lock_guard lock(mutex_);
  failing_ = n;
  failure_ = std::move(error);
}

void FakeCluster::lose_answers(int n) {
  const std::lock_guard lock(mutex_);
  losing_ = n;
}

void FakeCluster::hold(bool on) {
  const std::lock_guard lock(mutex_);
  hold_ = on;
}

void FakeCluster::release(std::uint64_t seed) {
  std::vector<std::pair<std::function<void()>, Done>> writes;
  {
    const std::lock_guard lock(mutex_);
    writes.swap(waiting_);
  }
  std::mt19937_64 random(seed);
  std::shuffle(writes.begin(), writes.end(), random);
  for (const auto& [apply, done] : writes) perform(apply, done);
}

void FakeCluster::release_first() {
  std::vector<std::pair<std::function<void()>, Done>> writes;
  {
    const std::lock_guard lock(mutex_);
    writes.swap(waiting_);
  }
  perform(writes.front().first, writes.front().second);
}

void FakeCluster::sync() {
  const std::lock_guard lock(mutex_);
  synced_ = tables_;
}

void FakeCluster::cut_power() {
  const std::lock_guard lock(mutex_);
  tables_ = synced_;
}

void FakeCluster::fail_reads(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  read_failure_ = std::move(error);
}

std::optional<FakeCluster::CountCell> FakeCluster::count(const Place& place, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto rows = tables_.counts.find(place);
  if (rows == tables_.counts.end()) return std::nullopt;
  const auto cell = rows->second.find(key);
  return cell == rows->second.end() ? std::nullopt : std::optional(cell->second);
}

Checkpoints FakeCluster::checkpoints(const std::string& generation) const {
  const std::lock_guard lock(mutex_);
  Checkpoints found;
  for (const auto& [key, cell] : tables_.checkpoints) {
    if (key.first == generation) found[key.second] = cell.checkpoint;
  }
  return found;
}

std::size_t FakeCluster::count_writes() const {
  const std::lock_guard lock(mutex_);
  return count_writes_;
}

std::size_t FakeCluster::largest_batch() const {
  const std::lock_guard lock(mutex_);
  return largest_batch_;
}

std::size_t FakeCluster::held() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void FakeCluster::submit(std::function<void()> apply, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (hold_) {
      waiting_.emplace_back(std::move(apply), std::move(done));
      return;
    }
  }
  perform(apply, done);
}

void FakeCluster::perform(const std::function<void()>& apply, const Done& done) {
  Result<void> answer;
  {
    const std::lock_guard lock(mutex_);
    if (failing_ != 0) {
      failing_ -= failing_ > 0 ? 1 : 0;
      answer = tl::make_unexpected(failure_);
    } else {
      apply();
      if (losing_ > 0) {
        --losing_;
        answer = transient("no answer in time");
      }
    }
  }
  done(answer);
}

void FakeSession::write_counts(const Place& place, std::span<const CountRow> rows, Done done) {
  std::vector<std::pair<std::string, FakeCluster::CountCell>> cells;
  for (const CountRow& row : rows) {
    cells.emplace_back(row.key, FakeCluster::CountCell{row.count, row.included, write_time(row.included)});
  }
  auto apply = [cluster = cluster_.get(), place, cells = std::move(cells)] {
    cluster->count_writes_ += cells.size();
    cluster->largest_batch_ = std::max(cluster->largest_batch_, cells.size());
    for (const auto& [key, cell] : cells) {
      auto& kept = cluster->tables_.counts[place][key];
      if (cell.time >= kept.time) kept = cell;
    }
  };
  cluster_->submit(std::move(apply), std::move(done));
}

void FakeSession::write_checkpoint(const std::string& generation, Partition partition,
                                   const Checkpoint& checkpoint, Done done) {
  auto apply = [cluster = cluster_.get(), key = std::pair(generation, partition), checkpoint] {
    auto& kept = cluster->tables_.checkpoints[key];
    if (write_time(checkpoint.next) >= kept.time) kept = {checkpoint, write_time(checkpoint.next)};
  };
  cluster_->submit(std::move(apply), std::move(done));
}

Result<void> FakeSession::write_generation(const Generation& generation) {
  const std::lock_guard lock(cluster_->mutex_);
  if (cluster_->failing_ != 0) return tl::make_unexpected(cluster_->failure_);
  cluster_->tables_.generations[generation.identity.topic][generation.number] = generation.identity;
  return {};
}

Result<void> FakeSession::read_counts(const Place& place, const std::function<void(const CountRow&)>& row) {
  const std::lock_guard lock(cluster_->mutex_);
  if (cluster_->read_failure_) return tl::make_unexpected(*cluster_->read_failure_);
  const auto rows = cluster_->tables_.counts.find(place);
  if (rows == cluster_->tables_.counts.end()) return {};
  for (const auto& [key, cell] : rows->second) row({key, cell.count, cell.included});
  return {};
}

Result<Checkpoints> FakeSession::read_checkpoints(const std::string& generation) {
  {
    const std::lock_guard lock(cluster_->mutex_);
    if (cluster_->read_failure_) return tl::make_unexpected(*cluster_->read_failure_);
  }
  return cluster_->checkpoints(generation);
}

Result<std::optional<Generation>> FakeSession::read_generation(const std::string& topic) {
  const std::lock_guard lock(cluster_->mutex_);
  if (cluster_->read_failure_) return tl::make_unexpected(*cluster_->read_failure_);
  const auto found = cluster_->tables_.generations.find(topic);
  if (found == cluster_->tables_.generations.end()) return std::nullopt;
  const auto& [number, identity] = *found->second.rbegin();
  return Generation{number, identity};
}

}  // namespace wikiflow::store::cassandra
