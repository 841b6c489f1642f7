#include "topic/in_process_reader.h"

#include <algorithm>

namespace wikiflow::topic {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kGiveBackLimit{
    30};  // for batches that are out when their partition is revoked

}  // namespace

InProcessReader::InProcessReader(const ReaderOptions& options, Metrics& metrics)
    : options_(options),
      rota_(options.batches_in_work,
            metrics.gauge(
                "wikiflow_batches_in_work",
                "Fetched batches that are being worked on; at most wikiflow_batches_in_work_limit. When it "
                "stays at the limit, counting is slower than reading.")) {
  metrics
      .gauge("wikiflow_batches_in_work_limit",
             "The bound of wikiflow_batches_in_work (MAX_CONCURRENT_FETCHES).")
      .Set(options.batches_in_work);
}

Offset InProcessReader::start_of(Partition partition, Offset beginning) const {
  const auto asked = options_.start.find(partition);
  return asked == options_.start.end() ? beginning : std::max(beginning, asked->second);
}

void InProcessReader::follow(Group& group) {
  follower_.emplace(group, *options_.listener, static_cast<GroupFollower::Rider&>(*this));
}

void InProcessReader::leave() {
  rota_.close();
  follower_.reset();
}

Result<std::optional<Batch>> InProcessReader::next(milliseconds wait, std::stop_token stop) {
  const auto until = std::chrono::steady_clock::now() + std::min<milliseconds>(wait, std::chrono::hours{1});
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    const auto turn = rota_.take(std::max(left, milliseconds{0}), stop);
    if (!turn) {
      if (auto error = failure()) return tl::make_unexpected(std::move(*error));
      return std::nullopt;
    }
    const auto from = position(turn->partition);
    if (!from) {
      rota_.give_back(*turn, false);
      continue;
    }
    auto fetched = fetch(*turn, *from);
    if (!fetched) {
      rota_.give_back(*turn, false);
      failed(std::move(fetched.error()));
      continue;
    }
    if (!*fetched) {
      rota_.give_back(*turn, false);
      continue;
    }
    moved(turn->partition, *from, (*fetched)->next());
    return fetched;
  }
}

std::optional<Offset> InProcessReader::position(Partition partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = positions_.find(partition);
  return found == positions_.end() ? std::nullopt : std::optional(found->second);
}

// Only when it still stands where it stood: the partition may have been lost and assigned again in between.
void InProcessReader::moved(Partition partition, Offset from, Offset to) {
  const std::lock_guard lock(mutex_);
  const auto found = positions_.find(partition);
  if (found != positions_.end() && found->second == from) found->second = to;
}

std::vector<std::pair<Partition, Offset>> InProcessReader::positions() const {
  const std::lock_guard lock(mutex_);
  return {positions_.begin(), positions_.end()};
}

std::optional<Error> InProcessReader::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void InProcessReader::begin(std::span<const std::pair<Partition, Offset>> positions) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, offset] : positions) positions_[partition] = offset;
  }
  if (options_.idle) return;
  for (const auto& [partition, offset] : positions) {
    rota_.add(partition);
    rota_.wake(partition);
  }
}

bool InProcessReader::end(std::span<const Partition> partitions, bool wait) {
  const bool all_back = rota_.withdraw(partitions, wait ? milliseconds{kGiveBackLimit} : milliseconds{0});
  const std::lock_guard lock(mutex_);
  for (const Partition partition : partitions) positions_.erase(partition);
  return all_back;
}

void InProcessReader::failed(Error error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(error);
  rota_.close();
}

}  // namespace wikiflow::topic
