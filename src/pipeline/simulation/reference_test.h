// What the counts have to be, found out anew from the records in the topic and the events of the source, with
// maps and nothing of the pipeline.
//
// Threads: those that take turns.

#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "event/record_header.h"
#include "pipeline/simulation/served_test.h"
#include "topic/fake/fake.h"

namespace wikiflow::pipeline::simulation {

constexpr auto kTopic = "wikipedia.changes";

struct Numbers {
  std::map<std::string, std::uint64_t> domains{};
  std::map<std::string, std::uint64_t> users{};

  bool operator==(const Numbers&) const = default;

  void add(const Event& event) {
    ++domains[event.domain];
    if (event.user) ++users[*event.user];
  }
  std::uint64_t changes() const {
    std::uint64_t sum = 0;
    for (const auto& [domain, count] : domains) sum += count;
    return sum;
  }
};

// The first key of which the one does not say what the other says; empty when all are the same.
inline std::string difference(const Numbers& found, const Numbers& expected) {
  const auto compare = [](const char* kind, const auto& a, const auto& b) -> std::string {
    auto keys = a;
    keys.insert(b.begin(), b.end());
    for (const auto& [key, count] : keys) {
      const auto x = a.find(key);
      const auto y = b.find(key);
      const std::uint64_t is = x == a.end() ? 0 : x->second;
      const std::uint64_t ought = y == b.end() ? 0 : y->second;
      if (is != ought)
        return std::string(kind) + " " + key + " is " + std::to_string(is) + ", not " + std::to_string(ought);
    }
    return {};
  };
  const std::string domains = compare("domain", found.domains, expected.domains);
  return domains.empty() ? compare("user", found.users, expected.users) : domains;
}

class Reference {
 public:
  // `ids`: the dedupe window of a partition.
  Reference(const topic::FakeBroker& broker, const Served& served, int partitions, std::int64_t ids)
      : broker_(broker), served_(served), ids_(ids), logs_(static_cast<std::size_t>(partitions)) {}

  // Takes in what was written since.
  void refresh() {
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      Log& log = logs_[i];
      const Offset from{static_cast<std::int64_t>(log.counts.size())};
      for (const auto& record : broker_.records(kTopic, {static_cast<std::int32_t>(i)}, from)) {
        log.take(record, served_, ids_);
      }
    }
  }

  // What counts of the records below these offsets.
  Numbers below(const std::vector<std::pair<Partition, Offset>>& ends) const {
    Numbers numbers;
    for (const auto& [partition, end] : ends) {
      const auto& counts = of(partition).counts;
      for (std::int64_t at = 0; at < end.value; ++at) {
        if (const Event* event = counts.at(static_cast<std::size_t>(at))) numbers.add(*event);
      }
    }
    return numbers;
  }
  std::uint64_t domain_below(Partition partition, const std::string& domain, Offset end) const {
    return count(of(partition).domains, domain, end);
  }
  std::uint64_t user_below(Partition partition, const std::string& user, Offset end) const {
    return count(of(partition).users, user, end);
  }
  std::vector<std::pair<Partition, Offset>> ends() const {
    std::vector<std::pair<Partition, Offset>> ends;
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      ends.push_back({{static_cast<std::int32_t>(i)}, {static_cast<std::int64_t>(logs_[i].counts.size())}});
    }
    return ends;
  }

  // Every change that the source ever sent, once.
  Numbers distinct() const {
    Numbers numbers;
    for (const auto& [id, event] : served_.changes()) numbers.add(event);
    return numbers;
  }
  // Those of them that are not in the topic.
  std::vector<std::string> missing() const {
    std::vector<std::string> missing;
    for (const auto& change : served_.changes()) {
      const EventId& id = change.first;
      const bool there = std::ranges::any_of(logs_, [&](const Log& log) { return log.last.contains(id); });
      if (!there) missing.push_back(id.to_string());
    }
    return missing;
  }
  // No change came again so late that it had to be taken for another one.
  bool window_was_enough() const {
    return std::ranges::none_of(logs_, [](const Log& log) { return log.too_late; });
  }

 private:
  struct Log {
    std::vector<const Event*> counts{};  // by offset; null: this record does not count
    std::map<EventId, std::int64_t> last{};
    std::map<std::string, std::vector<std::int64_t>> domains{};
    std::map<std::string, std::vector<std::int64_t>> users{};
    bool too_late = false;

    void take(const topic::FakeRecord& record, const Served& served, std::int64_t ids) {
      const auto at = static_cast<std::int64_t>(counts.size());
      const Event* event = nullptr;
      for (const auto& [name, value] : record.headers) {
        if (name != kRecordHeader) continue;
        const auto id = RecordHeader::id_of(value);
        const auto known = served.changes().find(id.value());
        const auto before = last.find(*id);
        if (before == last.end() || at - before->second > ids) event = &known->second;
        too_late = too_late || (event != nullptr && before != last.end());
        last[*id] = at;
      }
      counts.push_back(event);
      if (event == nullptr) return;
      domains[event->domain].push_back(at);
      if (event->user) users[*event->user].push_back(at);
    }
  };

  const Log& of(Partition partition) const { return logs_.at(static_cast<std::size_t>(partition.number)); }
  static std::uint64_t count(const std::map<std::string, std::vector<std::int64_t>>& offsets,
                             const std::string& key, Offset end) {
    const auto found = offsets.find(key);
    if (found == offsets.end()) return 0;
    const auto& all = found->second;
    return static_cast<std::uint64_t>(std::ranges::lower_bound(all, end.value) - all.begin());
  }

  const topic::FakeBroker& broker_;
  const Served& served_;
  const std::int64_t ids_;
  std::vector<Log> logs_;
};

}  // namespace wikiflow::pipeline::simulation
