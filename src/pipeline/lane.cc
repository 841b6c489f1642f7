#include "pipeline/lane.h"

#include <algorithm>

#include "base/log.h"
#include "pipeline/fingerprint.h"

namespace wikiflow::pipeline {
namespace {

constexpr const char* kWayOut =
    ". Counts of two logs are never mixed: give the counts up with `store reset`, and count again what the "
    "topic has from its beginning";

std::string where(Partition partition) { return "partition " + std::to_string(partition.number); }
std::string text_of(Offset offset) { return std::to_string(offset.value); }

}  // namespace

Lane::Lane(std::optional<store::Checkpoint> from, std::uint32_t ids)
    : recovered_(from && from->next > Offset{0}),
      from_(from ? from->next : Offset{}),
      ids_(ids),
      window_(ids),
      at_(from.value_or(store::Checkpoint{})) {}

Result<void> Lane::log_reaches(Offset beginning, Offset end, Partition partition) {
  beginning_ = beginning;
  if (!recovered_) return {};
  if (end < from_) {
    return fatal(where(partition) + ": its log ends at " + text_of(end) +
                 ", but the counts include it up to " + text_of(from_) +
                 "; the topic was made anew, or its broker has lost records" + kWayOut);
  }
  if (beginning > from_) {
    return fatal(where(partition) + ": its log begins at " + text_of(beginning) +
                 ", but the counts include it only up to " + text_of(from_) +
                 "; what lay between was removed before it was counted" + kWayOut);
  }
  return {};
}

Result<void> Lane::judge(const topic::Batch& batch, std::span<const std::optional<EventId>> ids,
                         std::vector<Verdict>& verdicts) {
  const auto records = batch.records();
  verdicts.clear();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const bool duplicate = window_.take(records[i].offset, ids[i]);
    verdicts.push_back(duplicate ? Verdict::duplicate : Verdict::counts);
  }
  if (!first_time_) first_time_ = records.front().time;
  const auto first = std::ranges::find_if(records, [&](const auto& r) { return r.offset >= from_; });
  std::fill(verdicts.begin(), verdicts.begin() + (first - records.begin()), Verdict::replayed);
  if (first != records.begin()) {
    if (auto same = check_last_counted(*std::prev(first), batch.partition()); !same) return same;
  }
  if (first != records.end() && !counting_) begin_counting(*first, batch.partition());
  return {};
}

Result<void> Lane::check_last_counted(const topic::Record& record, Partition partition) const {
  if (record.offset.value + 1 != from_.value || at_.last_record == 0 ||
      at_.last_record == fingerprint(record.key, record.value)) {
    return {};
  }
  return fatal(where(partition) + ": the record at offset " + text_of(record.offset) +
               " is not the one that was counted last; the log was cut back and written anew, or the topic "
               "was made anew" +
               kWayOut);
}

void Lane::begin_counting(const topic::Record& first, Partition partition) {
  counting_ = true;
  if (!recovered_) {
    if (first.offset > Offset{0}) at_.since = first.time;
    return;
  }
  // The log reaches back over the whole window, or to where counting once began.
  const bool whole = beginning_.value <= std::max<std::int64_t>(0, first.offset.value - ids_) ||
                     (at_.since && *first_time_ <= *at_.since);
  if (whole || !at_.exact) return;
  at_.exact = false;
  log_error(
      "lane",
      "the log no longer reaches back over the dedupe window, so changes may be counted twice: answers are "
      "not complete until `store reset`",
      {{"partition", std::to_string(partition.number)},
       {"log_begins", text_of(beginning_)},
       {"counted_up_to", text_of(from_)},
       {"window", std::to_string(ids_)}});
}

const store::Checkpoint& Lane::passed(const topic::Batch& batch, std::uint64_t counted) {
  if (batch.next() <= at_.next) return at_;
  const topic::Record& last = batch.records().back();
  at_.next = batch.next();
  at_.leader_epoch = batch.leader_epoch();
  at_.last_record = fingerprint(last.key, last.value);
  at_.counted += counted;
  return at_;
}

std::map<Partition, Offset> start_offsets(const store::Checkpoints& checkpoints, std::uint32_t ids) {
  std::map<Partition, Offset> starts;
  for (const auto& [partition, checkpoint] : checkpoints) {
    starts[partition] = Offset{std::max<std::int64_t>(0, checkpoint.next.value - ids)};
  }
  return starts;
}

}  // namespace wikiflow::pipeline
