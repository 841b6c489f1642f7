#include "sim/served.h"

#include <iterator>

namespace wikiflow::sim {

bool Served::add(std::uint64_t n) {
  if (latest_ == ranges_.end() || n < latest_->first || n > latest_->second) {
    auto after = ranges_.upper_bound(n);
    latest_ = after == ranges_.begin() ? ranges_.end() : std::prev(after);
    if (latest_ == ranges_.end() || n > latest_->second) latest_ = ranges_.emplace_hint(after, n, n);
  }
  if (n < latest_->second) return false;
  ++latest_->second;
  ++size_;
  const auto next = std::next(latest_);
  if (next != ranges_.end() && next->first == latest_->second) {
    latest_->second = next->second;
    ranges_.erase(next);
  }
  if (ranges_.size() > kMaxRanges) join_first_two();
  return true;
}

void Served::join_first_two() {
  const auto first = ranges_.begin();
  const auto second = std::next(first);
  size_ += second->first - first->second;
  first->second = second->second;
  if (latest_ == second) latest_ = first;
  ranges_.erase(second);
  exact_ = false;
}

}  // namespace wikiflow::sim
