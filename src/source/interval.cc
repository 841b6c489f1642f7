#include "source/interval.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/utf8.h"

namespace wikiflow::source {
namespace {

using Topic = std::pair<std::string, int>;
using Stretch = std::pair<Millis, Millis>;

Stretch first_of(std::vector<Stretch>& stretches) {
  std::ranges::sort(stretches);
  Stretch first = stretches.front();
  for (const auto& [from, through] : stretches) {
    if (from > first.second) break;
    first.second = std::max(first.second, through);
  }
  return first;
}

}  // namespace

void Interval::encode(std::string& out) const {
  std::string second;
  from.encode(out);
  through.encode(second);
  out += second;
}

Result<Interval> Interval::decode(std::string_view header) {
  const auto from = Position::decode(header.substr(0, header.size() / 2));
  const auto through = Position::decode(header.substr(header.size() / 2));
  const bool same = from && through && !from->empty() &&
                    std::ranges::equal(from->components(), through->components(),
                                       [](const Component& a, const Component& b) {
                                         return a.topic == b.topic && a.partition == b.partition;
                                       });
  if (!same) return bad_input("not an interval of source positions: " + sanitize_utf8(header));
  return Interval{*from, *through};
}

std::optional<Interval> first_united(std::span<const Interval> intervals) {
  std::map<Topic, std::vector<Stretch>> by_topic;
  for (const Interval& interval : intervals) {
    for (std::size_t i = 0; i < interval.from.components().size(); ++i) {
      const Component& from = interval.from.components()[i];
      const Millis through = *interval.through.components()[i].timestamp;
      // A time that was only asked for can be ahead of what the source then said.
      by_topic[{from.topic, from.partition}].emplace_back(std::min(*from.timestamp, through), through);
    }
  }
  if (by_topic.empty()) return std::nullopt;
  std::vector<Component> from;
  std::vector<Component> through;
  for (auto& [topic, stretches] : by_topic) {
    if (from.size() == Position::kMaxComponents) break;
    const Stretch first = first_of(stretches);
    from.push_back({topic.first, topic.second, first.first, false});
    through.push_back({topic.first, topic.second, first.second, first.first == first.second});
  }
  return Interval{Position(std::move(from)), Position(std::move(through))};
}

}  // namespace wikiflow::source
