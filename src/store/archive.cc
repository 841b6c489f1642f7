#include "store/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/utf8.h"

namespace wikiflow::store {
namespace {

constexpr std::size_t kPassedOnBytes = 64 * 1024;

std::string escaped(std::string_view text) {
  std::string out;
  append_json_escaped(text, out);
  return out;
}

}  // namespace

void ArchiveSums::add(const ArchiveHead& head, const ArchiveRow& row) {
  Kind& kind = row.user ? users_ : domains_;
  ++kind.rows;
  kind.sum += row.count;
  if (!head.by_partition) return;
  OfPartition& of = partitions_[row.partition];
  of.furthest = std::max(of.furthest, row.included);
  if (!row.user) of.sum += row.count;
}

Result<void> ArchiveSums::check(const ArchiveHead& head) const {
  const auto differs = [](const std::string& what, std::uint64_t sum, std::uint64_t counted) {
    return bad_input(what + " sum to " + std::to_string(sum) + " changes, and the checkpoints say " +
                     std::to_string(counted));
  };
  if (!head.by_partition) {
    std::uint64_t counted = 0;
    for (const auto& [partition, checkpoint] : head.checkpoints) counted += checkpoint.counted;
    if (domains_.sum != counted) return differs("the domains", domains_.sum, counted);
    return {};
  }
  for (std::int32_t number = 0; number < head.identity.partitions; ++number) {
    const auto at = head.checkpoints.find(Partition{number});
    const auto rows = partitions_.find(Partition{number});
    const Checkpoint checkpoint = at == head.checkpoints.end() ? Checkpoint{} : at->second;
    const OfPartition of = rows == partitions_.end() ? OfPartition{} : rows->second;
    const bool more = of.furthest > checkpoint.next;
    if (more ? of.sum >= checkpoint.counted : of.sum == checkpoint.counted) continue;
    return differs("the domains of partition " + std::to_string(number), of.sum, checkpoint.counted);
  }
  return {};
}

std::optional<Partition> ArchiveSums::ahead(const ArchiveHead& head) const {
  for (const auto& [partition, of] : partitions_) {
    const auto at = head.checkpoints.find(partition);
    if (at == head.checkpoints.end() || of.furthest > at->second.next) return partition;
  }
  return std::nullopt;
}

ArchiveWriter::ArchiveWriter(std::ostream& out, const ArchiveHead& head) : out_(out), head_(head) {
  const Identity& identity = head.identity;
  const auto at = std::back_inserter(text_);
  fmt::format_to(at,
                 R"({{"wikiflow_counts":1,"topic":"{}","generation":"{}","partitions":{},"dedupe_window":{},)"
                 R"("counting_version":{},"by_partition":{},"checkpoints":{}}})"
                 "\n",
                 escaped(identity.topic), escaped(identity.generation), identity.partitions,
                 identity.dedupe_window, identity.counting_version, head.by_partition,
                 head.checkpoints.size());
  for (const auto& [partition, checkpoint] : head.checkpoints) {
    fmt::format_to(at,
                   R"({{"partition":{},"next":{},"leader_epoch":{},"last_record":"{}","counted":{},)"
                   R"("exact":{},"since_ms":{}}})"
                   "\n",
                   partition.number, checkpoint.next.value, checkpoint.leader_epoch, checkpoint.last_record,
                   checkpoint.counted, checkpoint.exact,
                   checkpoint.since ? std::to_string(unix_ms(*checkpoint.since)) : "null");
  }
}

Result<void> ArchiveWriter::add(const ArchiveRow& row) {
  if (sanitize_utf8(row.key) != row.key) {
    return fatal("the store holds a name that is not UTF-8: '" + sanitize_utf8(row.key) + "'");
  }
  text_ += row.user ? R"({"user":")" : R"({"domain":")";
  append_json_escaped(row.key, text_);
  const auto at = std::back_inserter(text_);
  fmt::format_to(at, R"(","count":{})", row.count);
  if (head_.by_partition) {
    fmt::format_to(at, R"(,"partition":{},"included":{})", row.partition.number, row.included.value);
  }
  text_ += "}\n";
  sums_.add(head_, row);
  return text_.size() < kPassedOnBytes ? Result<void>{} : pass_on();
}

Result<void> ArchiveWriter::finish() {
  if (auto sums = sums_.check(head_); !sums) return fatal("the store is damaged: " + sums.error().what);
  fmt::format_to(std::back_inserter(text_),
                 R"({{"end":true,"domain_rows":{},"domain_sum":{},"user_rows":{},"user_sum":{}}})"
                 "\n",
                 sums_.domains().rows, sums_.domains().sum, sums_.users().rows, sums_.users().sum);
  if (auto passed = pass_on(); !passed) return passed;
  out_.flush();
  return pass_on();
}

Result<void> ArchiveWriter::pass_on() {
  out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
  text_.clear();
  return out_.good() ? Result<void>{} : fatal("the export cannot be written: is the disk full?");
}

}  // namespace wikiflow::store
