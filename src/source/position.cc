#include "source/position.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/utf8.h"
#include "event/json.h"

namespace wikiflow::source {
namespace {

constexpr Millis kLeast = from_unix_ms(1);  // 0 is "not given" to servers, and what they then do is their own
constexpr std::size_t kMaxTopicName = 255;
constexpr int kMaxPartition =
    255;  // a byte in the header, as the name's length; recentchange has one partition

std::string entry_json(const Component& component, Millis timestamp) {
  std::string out = "{\"topic\":\"";
  append_json_escaped(component.topic, out);
  out += fmt::format(R"(","partition":{},"timestamp":{}}})", component.partition, unix_ms(timestamp));
  return out;
}

// One object of the array. nullopt when it is not a usable entry.
std::optional<Component> read_entry(json::Value& value) {
  json::Object object;
  if (!json::read_object(value, object)) {
    return std::nullopt;
  }
  Component entry;
  std::optional<std::int64_t> partition;
  std::optional<std::int64_t> offset;
  std::optional<std::int64_t> timestamp;
  const bool ok = json::for_each_field(object, [&](std::string_view name, json::Value& field) {
    if (name == "topic") entry.topic = json::string_or_nothing(field).value_or("");
    if (name == "partition") partition = json::integer_or_nothing(field);
    if (name == "offset") offset = json::integer_or_nothing(field);
    if (name == "timestamp") timestamp = json::integer_or_nothing(field);
    return true;
  });
  const bool usable = ok && !entry.topic.empty() && entry.topic.size() <= kMaxTopicName && partition &&
                      *partition >= 0 && *partition <= kMaxPartition && (offset || timestamp);
  if (!usable) return std::nullopt;
  entry.partition = static_cast<int>(*partition);
  if (timestamp) entry.timestamp = from_unix_ms(*timestamp);
  return entry;
}

}  // namespace

bool Position::advance(const std::vector<Component>& id, Millis latest, Millis asked) {
  bool ignored = false;
  for (const Component& seen : id) {
    auto mine = std::find_if(components_.begin(), components_.end(), [&](const Component& c) {
      return c.partition == seen.partition && c.topic == seen.topic;
    });
    if (mine == components_.end()) {
      if (components_.size() == kMaxComponents) continue;
      mine = components_.insert(components_.end(), Component{seen.topic, seen.partition, asked, true});
    }
    if (!seen.timestamp || (!mine->assumed && *seen.timestamp <= *mine->timestamp)) continue;
    if (*seen.timestamp > latest) {
      ignored = true;
      continue;
    }
    mine->timestamp = seen.timestamp;
    mine->assumed = false;
  }
  return ignored;
}

std::string Position::resume_id(std::chrono::milliseconds margin) const {
  if (components_.empty()) return {};
  std::string out = "[";
  for (const Component& component : components_) {
    if (out.size() > 1) out.push_back(',');
    out += entry_json(component, std::max(*component.timestamp - margin, kLeast));
  }
  out.push_back(']');
  return out;
}

void Position::encode(std::string& out) const {
  out.clear();
  for (const Component& component : components_) {
    out.push_back(static_cast<char>(component.topic.size()));
    out += component.topic;
    out.push_back('/');
    out.push_back(static_cast<char>(component.partition));
    const auto ms = static_cast<std::uint64_t>(unix_ms(*component.timestamp));
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(ms >> shift & 0xFFU));
  }
}

Result<Position> Position::decode(std::string_view header) {
  Position position;
  while (!header.empty()) {
    const std::size_t name = static_cast<unsigned char>(header.front());
    if (header.size() < name + 11 || header[name + 1] != '/' ||
        position.components_.size() == kMaxComponents) {
      return bad_input("not a source position: " + sanitize_utf8(header));
    }
    Component component{
        std::string(header.substr(1, name)), static_cast<unsigned char>(header[name + 2]), {}, false};
    std::uint64_t ms = 0;
    for (const char c : header.substr(name + 3, 8)) ms = ms << 8U | static_cast<unsigned char>(c);
    component.timestamp = from_unix_ms(static_cast<std::int64_t>(ms));
    position.components_.push_back(std::move(component));
    header.remove_prefix(name + 11);
  }
  return position;
}

Position Position::shaped_like(const Position& shape, Millis otherwise) const {
  Position shaped = shape;
  for (Component& wanted : shaped.components_) {
    const auto mine = std::ranges::find_if(components_, [&](const Component& c) {
      return c.partition == wanted.partition && c.topic == wanted.topic;
    });
    wanted.timestamp = mine == components_.end() ? otherwise : mine->timestamp;
    wanted.assumed = mine == components_.end() || mine->assumed;
  }
  return shaped;
}

std::optional<Millis> Position::newest() const {
  std::optional<Millis> newest;
  for (const Component& component : components_) newest = std::max(newest, component.timestamp);
  return newest;
}

std::optional<Millis> Position::newest_seen() const {
  std::optional<Millis> newest;
  for (const Component& component : components_) {
    if (!component.assumed) newest = std::max(newest, component.timestamp);
  }
  return newest;
}

struct IdReader::State {
  simdjson::ondemand::parser parser;
  std::string padded;
  std::string last;  // the id that `components` was read from
  std::vector<Component> components;
  std::vector<std::size_t> digits_at;  // where in `last` the timestamp of each component stands, or npos

  bool reread_digits(std::string_view id);
  Result<void> parse(std::string_view id);
  void find_digits();
};

namespace {
constexpr std::size_t kDigits = 13;  // milliseconds from 2001 to 2286
}  // namespace

// True when `id` is `last` but for the digits of its timestamps; `components` then holds them.
bool IdReader::State::reread_digits(std::string_view id) {
  if (id.size() != last.size() || digits_at.empty()) return false;
  std::size_t same_from = 0;
  for (std::size_t i = 0; i < digits_at.size(); ++i) {
    const std::size_t at = digits_at[i];
    if (at == std::string::npos) continue;
    if (std::memcmp(&id[same_from], &last[same_from], at - same_from) != 0) return false;
    std::int64_t ms = 0;
    const auto [end, error] = std::from_chars(&id[at], &id[at] + kDigits, ms);
    if (error != std::errc{} || end != &id[at] + kDigits) return false;
    components[i].timestamp = from_unix_ms(ms);
    same_from = at + kDigits;
  }
  return std::memcmp(id.data() + same_from, last.data() + same_from, id.size() - same_from) == 0;
}

void IdReader::State::find_digits() {
  digits_at.clear();
  std::size_t from = 0;
  for (const Component& component : components) {
    if (!component.timestamp) {
      digits_at.push_back(std::string::npos);
      continue;
    }
    const std::string needle = fmt::format("\"timestamp\":{}", unix_ms(*component.timestamp));
    const std::size_t at = last.find(needle, from);
    if (at == std::string::npos || needle.size() != 12 + kDigits) return digits_at.clear();
    digits_at.push_back(at + 12);
    from = at + needle.size();
  }
}

Result<void> IdReader::State::parse(std::string_view id) {
  const auto refuse = [&] {
    return bad_input("not an id of EventStreams: " + sanitize_utf8(id.substr(0, 200)));
  };
  padded.assign(id);
  padded.append(json::kPadding, ' ');
  simdjson::ondemand::document document;
  simdjson::ondemand::array array;
  if (json::begin(parser, padded.data(), id.size(), document) != simdjson::SUCCESS ||
      document.get_array().get(array) != simdjson::SUCCESS) {
    return refuse();
  }
  components.clear();
  digits_at.clear();
  for (auto element : array) {
    json::Value value;
    if (static_cast<decltype(element)&&>(element).get(value) != simdjson::SUCCESS) return refuse();
    auto entry = read_entry(value);
    if (!entry || components.size() == Position::kMaxComponents) return refuse();
    components.push_back(*std::move(entry));
  }
  if (!json::at_end(document)) return refuse();
  last = id;
  find_digits();
  return {};
}

IdReader::IdReader() : state_(std::make_unique<State>()) {}
IdReader::~IdReader() = default;

Result<const std::vector<Component>*> IdReader::read(std::string_view id) {
  if (state_->reread_digits(id)) return &state_->components;
  if (auto parsed = state_->parse(id); !parsed) {
    state_->last.clear();
    return tl::make_unexpected(parsed.error());
  }
  return &state_->components;
}

}  // namespace wikiflow::source
