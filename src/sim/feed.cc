#include "sim/feed.h"

#include <algorithm>
#include <numeric>

#include "sim/append.h"
#include "sim/malformed.h"

namespace wikiflow::sim {
namespace {

constexpr std::uint64_t kFurthestDuplicate = 20;  // events back

std::uint64_t first_of(const Start& start) {
  std::uint64_t first = ~std::uint64_t{0};
  for (const TopicStart& topic : start) {
    if (topic.read) first = std::min(first, topic.from);
  }
  return first;
}

std::uint64_t drawn(Draw& draw, std::uint64_t around) { return around == 0 ? 0 : draw.around(around); }

}  // namespace

Feed::Feed(const Source& source, const Start& start, std::uint64_t connection)
    : source_(source),
      start_(start),
      draw_(hash(source.seed, connection, Purpose::connection)),
      slot_(first_of(start)) {
  const Faults& faults = source.faults;
  if (faults.reorder > 1) slot_ -= slot_ % faults.reorder;
  cut_at_events_ = drawn(draw_, faults.cut_after_events);
  cut_at_bytes_ = drawn(draw_, faults.cut_after_bytes);
  reset_at_events_ = drawn(draw_, faults.reset_after);
  stall_at_events_ = drawn(draw_, faults.stall_after);
}

bool Feed::wants(std::uint64_t n) const {
  const TopicStart& topic = start_.at(index_of(source_.log.site(n)));
  return topic.read && n >= topic.from;
}

// The event that is served at a place. `limit`: the end of the window, or of the log.
std::uint64_t Feed::event_at(std::uint64_t slot, std::uint64_t limit) {
  const unsigned window = source_.faults.reorder;
  if (window < 2) return slot;
  const std::uint64_t number = slot / window;
  const std::uint64_t first = number * window;
  if (number != ordered_window_) {
    order_.resize(std::min<std::uint64_t>(window, limit - first));
    std::iota(order_.begin(), order_.end(), std::uint16_t{0});
    Draw draw(hash(source_.seed, number, Purpose::shuffle));
    for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[draw.below(i)]);
    ordered_window_ = number;
  }
  return first + order_[slot - first];
}

Feed::Then Feed::fill(std::uint64_t available, std::size_t room, std::string& out, FrameObserver& observer) {
  const unsigned window = source_.faults.reorder;
  while (out.size() < room) {
    if (slot_ >= source_.log.count()) return Then::finish;
    std::uint64_t limit = slot_ + 1;  // a window is served when all of it is there
    if (window > 1) limit = std::min((slot_ / window + 1) * window, source_.log.count());
    if (limit > available) {
      waiting_for_ = limit;
      return Then::wait;
    }
    const std::uint64_t n = event_at(slot_, limit);
    if (!wants(n)) {
      ++slot_;
      continue;
    }
    const std::size_t before = out.size();
    Then then = one_event(n, out, observer);
    sent_bytes_ += out.size() - before;
    if (cut_at_bytes_ != 0 && sent_bytes_ >= cut_at_bytes_ && then == Then::go_on) {
      half_a_frame(n, out);
      then = Then::cut;
    }
    if (then != Then::go_on) return then;
  }
  return Then::go_on;
}

Feed::Then Feed::one_event(std::uint64_t n, std::string& out, FrameObserver& observer) {
  const Faults& faults = source_.faults;
  if (const Then then = due(n, out); then != Then::go_on) return then;
  if (draw_.chance(faults.error_frames)) {
    error_frame(n, out, observer);
    return Then::end;
  }
  extra_frames(n, out, observer);
  const Entry entry = source_.log.entry(n);
  at_.at(index_of(entry.site)) = entry.at;
  has_at_.at(index_of(entry.site)) = true;
  begin_frame(out);
  const std::size_t data_at = out.size();
  source_.events.render(n, entry, out);
  observer.on_frame(source_.events.kind(n), n, id_, std::string_view(out).substr(data_at));
  out += "\n\n";
  ++slot_;
  ++sent_events_;
  if (faults.duplicate > 0) {
    Draw draw(hash(source_.seed, n, Purpose::faults) + 1);
    if (draw.chance(faults.duplicate)) duplicate_of(n, draw.below(kFurthestDuplicate), out, observer);
  }
  return Then::go_on;
}

// Whether the connection is to break or rest before event n.
Feed::Then Feed::due(std::uint64_t n, std::string& out) {
  if (stall_at_events_ != 0 && sent_events_ >= stall_at_events_) {
    stall_at_events_ += draw_.around(source_.faults.stall_after);
    return Then::stall;
  }
  if (reset_at_events_ != 0 && sent_events_ >= reset_at_events_) {
    half_a_frame(n, out);
    return Then::reset;
  }
  if (cut_at_events_ != 0 && sent_events_ >= cut_at_events_) {
    half_a_frame(n, out);
    return Then::cut;
  }
  return Then::go_on;
}

// A cut may fall anywhere in a frame but at its very end.
void Feed::half_a_frame(std::uint64_t n, std::string& out) {
  const std::size_t begin = out.size();
  begin_frame(out);
  source_.events.render(n, source_.log.entry(n), out);
  out.resize(begin + draw_.below(out.size() - begin));
}

void Feed::extra_frames(std::uint64_t n, std::string& out, FrameObserver& observer) {
  const Faults& faults = source_.faults;
  Draw draw(hash(source_.seed, n, Purpose::faults));
  if (draw.chance(faults.canary)) {
    const Site site = kSites.at(draw.below(kSites.size()));
    if (start_.at(index_of(site)).read) canary(n, site, out, observer);
  }
  if (draw.chance(faults.malformed)) {
    data_.clear();
    append_malformed(draw.next(), n, data_);
    frame(FrameKind::malformed, n, data_, out, observer);
  }
  if (draw.chance(faults.oversized)) {
    data_.clear();
    append_oversized(faults.oversized_bytes, n, data_);
    frame(FrameKind::oversized, n, data_, out, observer);
    data_ = {};  // megabytes
  }
}

// As if the source had written the event to its topic once more: under the id of now.
void Feed::duplicate_of(std::uint64_t n, std::uint64_t back, std::string& out, FrameObserver& observer) {
  if (back > n || !wants(n - back)) return;
  data_.clear();
  source_.events.render(n - back, source_.log.entry(n - back), data_);
  frame(source_.events.kind(n - back), n - back, data_, out, observer);
}

void Feed::canary(std::uint64_t n, Site site, std::string& out, FrameObserver& observer) {
  const Millis at = source_.log.timestamp(n);
  data_ =
      R"({"$schema":"/mediawiki/recentchange/1.0.1","meta":{"stream":"mediawiki.recentchange","domain":"canary","id":")";
  append_uuid(hash(source_.seed, ~n, Purpose::id_high), hash(source_.seed, ~n, Purpose::id_low), data_);
  data_ += R"(","dt":")";
  append_rfc3339(at, data_);
  data_.append(R"(","topic":")").append(topic_of(site)).append(R"(","partition":0,"offset":)");
  append_number(Log::canary_offset(site, n), data_);
  data_ += "}}";
  at_.at(index_of(site)) = at;
  has_at_.at(index_of(site)) = true;
  frame(FrameKind::canary, n, data_, out, observer);
}

void Feed::frame(FrameKind kind, std::uint64_t n, std::string_view data, std::string& out,
                 FrameObserver& observer) {
  begin_frame(out);
  observer.on_frame(kind, n, id_, data);
  out.append(data).append("\n\n");
}

void Feed::begin_frame(std::string& out) {
  id_.clear();
  append_id(id_);
  out.append("event: message\nid: ").append(id_).append("\ndata: ");
}

void Feed::error_frame(std::uint64_t n, std::string& out, FrameObserver& observer) {
  constexpr std::string_view kError =
      R"({"message":"the simulator was told to fail","origin":"simulator","name":"Error"})";
  observer.on_frame(FrameKind::error, n, "", kError);
  out.append("event: error\ndata: ").append(kError).append("\n\n");
}

// One entry for each topic that is read: the record's timestamp + 1 ms, or an offset while it has sent
// nothing.
void Feed::append_id(std::string& out) const {
  out.push_back('[');
  for (const Site site : kSites) {
    const std::size_t i = index_of(site);
    if (!start_.at(i).read) continue;
    if (out.size() > 1) out.push_back(',');
    out.append(R"({"topic":")").append(topic_of(site)).append(R"(","partition":0,)");
    if (has_at_.at(i)) {
      out += R"("timestamp":)";
      append_number(unix_ms(at_.at(i)) + 1, out);
    } else {
      out += R"("offset":)";
      append_number(start_.at(i).shown, out);
    }
    out.push_back('}');
  }
  out.push_back(']');
}

}  // namespace wikiflow::sim
