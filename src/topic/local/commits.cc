#include "topic/local/commits.h"

#include "topic/local/families.h"

namespace wikiflow::topic::local {

Commits::Commits(std::shared_ptr<Database> database)
    : database_(std::move(database)), state_(database_->family(kStateFamily)) {}

// Neither groups nor topics hold a NUL.
std::string Commits::encode(const Key& key) {
  const auto& [group, topic, partition] = key;
  return "commit/" + group + '\0' + topic + '\0' + std::to_string(partition.number);
}

void Commits::set(const std::string& group, const std::string& topic, Partition partition, Offset next) {
  const std::lock_guard lock(mutex_);
  unsaved_[{group, topic, partition}] = next;
}

std::optional<Offset> Commits::get(const std::string& group, const std::string& topic,
                                   Partition partition) const {
  const Key key{group, topic, partition};
  const std::lock_guard lock(mutex_);
  if (const auto found = unsaved_.find(key); found != unsaved_.end()) return found->second;
  std::string stored;
  if (!database_->db().Get({}, state_, encode(key), &stored).ok()) return std::nullopt;
  return Offset{std::stoll(stored)};
}

Result<void> Commits::save() {
  const std::lock_guard lock(mutex_);
  if (unsaved_.empty()) return {};
  rocksdb::WriteBatch batch;
  for (const auto& [key, next] : unsaved_) batch.Put(state_, encode(key), std::to_string(next.value));
  const auto status = database_->db().Write({}, &batch);
  if (!status.ok()) return transient("commits were not saved: " + status.ToString());
  unsaved_.clear();
  return {};
}

}  // namespace wikiflow::topic::local
