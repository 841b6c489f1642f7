#include "sim/resume.h"

#include <algorithm>
#include <charconv>

#include "base/utf8.h"
#include "event/json.h"

namespace wikiflow::sim {
namespace {

constexpr std::size_t kQuoted = 200;               // characters of a bad value that its refusal repeats
constexpr std::int64_t kLastMs = 253402300799999;  // the end of the year 9999

// One object of a Last-Event-ID.
struct Asked {
  std::optional<std::string_view> topic;
  std::optional<std::int64_t> partition;
  std::optional<std::int64_t> timestamp;
  std::optional<std::int64_t> offset;
};

tl::unexpected<Refusal> refuse(int status, std::string_view what, std::string_view value) {
  return tl::make_unexpected(
      Refusal{status, std::string(what) + ": " + sanitize_utf8(value.substr(0, kQuoted))});
}

Millis bounded(std::int64_t ms) { return from_unix_ms(std::clamp<std::int64_t>(ms, 0, kLastMs)); }

TopicStart at_end(const Reach& reach) { return {true, reach.end, -1}; }

TopicStart from_index(Site site, std::uint64_t n, const Reach& reach) {
  if (n >= reach.available) return at_end(reach);
  return {true, n, Log::offset(site, n)};
}

TopicStart from_time(const Log& log, const Reach& reach, Site site, Millis from) {
  return from_index(site, log.first_at(site, from, reach.available), reach);
}

std::optional<Asked> read_asked(json::Value& value) {
  json::Object object;
  if (!json::has_type(value, json::Type::object) || value.get_object().get(object) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  Asked asked;
  const bool ok = json::for_each_field(object, [&](std::string_view name, json::Value& field) {
    if (name == "topic") asked.topic = json::string_or_nothing(field);
    if (name == "partition") asked.partition = json::integer_or_nothing(field);
    if (name == "timestamp") asked.timestamp = json::integer_or_nothing(field);
    if (name == "offset") asked.offset = json::integer_or_nothing(field);
    return true;
  });
  const bool usable = ok && asked.topic && asked.partition && (asked.timestamp || asked.offset) &&
                      asked.offset.value_or(0) >= -1;
  return usable ? std::optional(asked) : std::nullopt;
}

TopicStart start_of(const Log& log, const Reach& reach, Site site, const Asked& asked) {
  if (!asked.offset) return from_time(log, reach, site, bounded(*asked.timestamp));
  if (*asked.offset == -1) return at_end(reach);
  return from_index(site, log.first_from_offset(site, *asked.offset, reach.available), reach);
}

tl::expected<Start, Refusal> resolve_id(const Log& log, const Reach& reach, std::string_view id) {
  constexpr std::string_view kBad =
      "Last-Event-ID is not an array of topic, partition and timestamp or offset";
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(id);
  simdjson::ondemand::document document;
  simdjson::ondemand::array array;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_array().get(array) != simdjson::SUCCESS) {
    return refuse(400, kBad, id);
  }
  Start start;
  for (auto element : array) {
    json::Value value;
    // NOLINTNEXTLINE(performance-move-const-arg): get() takes nothing but an rvalue
    if (std::move(element).get(value) != simdjson::SUCCESS) return refuse(400, kBad, id);
    const auto asked = read_asked(value);
    if (!asked) return refuse(400, kBad, id);
    const auto* const site = std::find_if(kSites.begin(), kSites.end(), [&](Site s) {
      return topic_of(s) == *asked->topic && *asked->partition == 0;
    });
    if (site == kSites.end()) return refuse(404, "Last-Event-ID names an unknown topic or partition", id);
    start.at(index_of(*site)) = start_of(log, reach, *site, *asked);
  }
  const bool any = std::any_of(start.begin(), start.end(), [](const TopicStart& t) { return t.read; });
  if (!any || !json::at_end(document)) return refuse(400, kBad, id);
  return start;
}

}  // namespace

std::optional<Millis> parse_since(std::string_view text) {
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (!text.empty() && error == std::errc{} && end == text.data() + text.size()) return bounded(ms);
  for (const char* const rest : {"", "Z", "T00:00:00Z", ":00Z"}) {
    if (const auto time = parse_rfc3339(std::string(text) + rest)) return time;
  }
  return std::nullopt;
}

tl::expected<Start, Refusal> resolve(const Log& log, const Reach& reach,
                                     std::optional<std::string_view> since, std::string_view last_event_id) {
  if (!last_event_id.empty()) return resolve_id(log, reach, last_event_id);
  Start start;
  if (!since) {
    start.fill(at_end(reach));
    return start;
  }
  const auto time = parse_since(*since);
  if (!time) return refuse(400, "since is neither ISO 8601 nor milliseconds since 1970", *since);
  for (const Site site : kSites) start.at(index_of(site)) = from_time(log, reach, site, *time);
  return start;
}

}  // namespace wikiflow::sim
