#include "topic/local/topics.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <random>

#include "topic/local/families.h"

namespace wikiflow::topic::local {
namespace {

constexpr std::string_view kPrefix = "topic/";

std::string encode_entry(const TopicEntry& entry) {
  return std::to_string(entry.id) + " " + std::to_string(entry.partitions) + " " +
         std::to_string(entry.retention.count()) + " " + entry.generation;
}

// 64 random bits, in hexadecimal.
std::string new_generation() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

std::optional<TopicEntry> decode_entry(std::string_view text) {
  TopicEntry entry;
  std::int64_t retention = 0;
  const auto take = [&text](auto& number) {
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    if (!text.empty()) text.remove_prefix(1);
    return true;
  };
  if (!take(entry.id) || !take(entry.partitions) || !take(retention) || entry.partitions < 1)
    return std::nullopt;
  entry.retention = std::chrono::milliseconds{retention};
  entry.generation = text.empty() ? "local-" + std::to_string(entry.id) : std::string(text);
  return entry;
}

}  // namespace

Topics::Topics(std::shared_ptr<Database> database)
    : database_(std::move(database)), state_(database_->family(kStateFamily)) {}

Result<std::unique_ptr<Topics>> Topics::open(std::shared_ptr<Database> database) {
  for (const char* family : {kRecordsFamily, kStateFamily}) {
    if (auto there = database->need(family); !there) return tl::make_unexpected(there.error());
  }
  std::unique_ptr<Topics> topics(new Topics(database));
  const std::unique_ptr<rocksdb::Iterator> at(database->db().NewIterator({}, topics->state_));
  for (at->Seek({kPrefix.data(), kPrefix.size()}); at->Valid(); at->Next()) {
    const std::string_view key(at->key().data(), at->key().size());
    if (!key.starts_with(kPrefix)) break;
    const std::string name(key.substr(kPrefix.size()));
    const auto entry = decode_entry({at->value().data(), at->value().size()});
    if (!entry) return fatal("topic '" + name + "' in '" + database->dir().string() + "' is damaged");
    auto log = Log::open(database, name, *entry);
    if (!log) return tl::make_unexpected(log.error());
    topics->last_id_ = std::max(topics->last_id_, entry->id);
    topics->logs_[name] = std::move(*log);
  }
  if (!at->status().ok()) {
    return fatal("cannot read '" + database->dir().string() + "': " + at->status().ToString());
  }
  return topics;
}

Log* Topics::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = logs_.find(name);
  return found == logs_.end() ? nullptr : found->second.get();
}

Result<Log*> Topics::create(const TopicSpec& spec) {
  if (spec.partitions < 1) return bad_input("topic '" + spec.name + "' needs at least one partition");
  if (spec.name.empty() || spec.name.find('\0') != std::string::npos)
    return bad_input("a topic needs a name");
  const std::lock_guard lock(mutex_);
  const auto found = logs_.find(spec.name);
  if (found != logs_.end()) return found->second.get();
  const TopicEntry entry{last_id_ + 1, spec.partitions, spec.retention, new_generation()};
  rocksdb::WriteOptions sync;
  sync.sync = true;
  const std::string key = std::string(kPrefix) + spec.name;
  if (const auto status = database_->db().Put(sync, state_, key, encode_entry(entry)); !status.ok()) {
    return fatal("cannot make topic '" + spec.name + "' in '" + database_->dir().string() +
                 "': " + status.ToString());
  }
  ++last_id_;
  auto log = Log::open(database_, spec.name, entry);
  if (!log) return tl::make_unexpected(log.error());
  return (logs_[spec.name] = std::move(*log)).get();
}

std::vector<Log*> Topics::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Log*> logs;
  for (const auto& [name, log] : logs_) logs.push_back(log.get());
  return logs;
}

}  // namespace wikiflow::topic::local
