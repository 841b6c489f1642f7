#include "serve/stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/utf8.h"

namespace wikiflow::serve {
namespace {

constexpr std::chrono::milliseconds kLeastTick{2};
constexpr int kTickShare = 4;
constexpr std::size_t kBytesPerEntry = 24;

void append_entry(const count::Entry& entry, std::string& out) {
  if (out.back() != '{') out.push_back(',');
  out.push_back('"');
  append_json_escaped(entry.key, out);
  out += "\":";
  const fmt::format_int digits(entry.count);
  out.append(digits.data(), digits.size());
}

void append_map(const count::CountsView& counts, std::optional<std::size_t> limit, std::string& out) {
  out.push_back('{');
  if (limit) {
    for (const count::Entry& entry : count::largest(counts, *limit)) append_entry(entry, out);
  } else {
    for (std::size_t i = 0; i < counts.size(); ++i) append_entry(counts[i], out);
  }
  out.push_back('}');
}

struct Limit {
  bool valid = true;
  std::optional<std::size_t> value;
};

Limit read_limit(const Request& request) {
  const auto text = request.parameter("limit");
  if (!text) return {};
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value == 0)
    return {.valid = false, .value = {}};
  return {.valid = true, .value = value};
}

Response bad_limit(const Request& request) {
  return problem(400, "parameter 'limit' is '" + std::string(*request.parameter("limit")) +
                          "', and must be a whole number from 1: how many of the largest to keep");
}

void add_freshness(const pipeline::Freshness& freshness, Response& response) {
  if (freshness.as_of) response.headers.emplace_back("X-Wikiflow-As-Of", format_rfc3339(*freshness.as_of));
  response.headers.emplace_back("X-Wikiflow-Complete", freshness.complete ? "true" : "false");
  if (freshness.since) response.headers.emplace_back("X-Wikiflow-Since", format_rfc3339(*freshness.since));
}

}  // namespace

std::string render_stats(const count::TotalsView& totals, std::optional<std::size_t> limit) {
  const auto shown = [&](const count::CountsView& counts) {
    return std::min(counts.size(), limit.value_or(counts.size()));
  };
  std::string out;
  out.reserve(64 + kBytesPerEntry * (shown(totals.by_domain) + shown(totals.by_user)));
  out += "{\"by_domain\":";
  append_map(totals.by_domain, limit, out);
  out += ",\"by_user\":";
  append_map(totals.by_user, limit, out);
  out += "}\n";
  return out;
}

Stats::Stats(pipeline::Tally& tally, const Clock& clock, Metrics& metrics)
    : tally_(tally),
      clock_(clock),
      renderings_(metrics.counter("wikiflow_stats_renderings_total", "Times that /stats was rendered anew.")),
      bytes_(metrics.gauge("wikiflow_stats_bytes",
                           "Size of the last rendering of /stats. When it grows large, ask with ?limit.")) {}

std::optional<Response> Stats::ready(const Request& request) {
  const Limit limit = read_limit(request);
  if (!limit.valid) return bad_limit(request);
  return ready(limit.value);
}

Response Stats::get(const Request& request) {
  const Limit limit = read_limit(request);
  if (!limit.valid) return bad_limit(request);
  if (auto response = ready(limit.value)) return *std::move(response);
  const std::lock_guard rendering(render_mutex_);
  // Somebody else may have rendered while this one waited.
  if (auto response = ready(limit.value)) return *std::move(response);
  render(limit.value);
  Response response;
  const std::lock_guard lock(mutex_);
  const Rendering* const made = find(limit.value);
  add_freshness(made->freshness, response);
  response.body = made->body;
  return response;
}

std::optional<Response> Stats::ready(std::optional<std::size_t> limit) {
  const pipeline::Freshness now = tally_.freshness();
  const std::uint64_t revision = tally_.revision();
  const std::lock_guard lock(mutex_);
  Rendering* const made = find(limit);
  if (made == nullptr) return std::nullopt;
  const bool same = made->revision == revision;
  if (!same && clock_.steady() >= made->due) return std::nullopt;
  Response response;
  // The same counts are worth what they are worth now; older ones what they were last known to be worth.
  if (same && (!now.as_of || now.as_of >= made->freshness.as_of)) made->freshness = now;
  add_freshness(made->freshness, response);
  response.body = made->body;
  return response;
}

void Stats::render(std::optional<std::size_t> limit) {
  const SteadyTime begin = clock_.steady();
  const pipeline::Answer answer = tally_.answer();
  Rendering made;
  made.limit = limit;
  made.body = std::make_shared<const std::string>(render_stats(answer.totals, limit));
  made.revision = answer.totals.revision;
  made.freshness = answer.freshness;
  made.made = clock_.steady();
  const auto cost = std::chrono::duration_cast<std::chrono::milliseconds>(made.made - begin);
  made.due = made.made + std::max(kLeastTick, kTickShare * cost);
  renderings_.Increment();
  bytes_.Set(static_cast<double>(made.body->size()));
  const std::lock_guard lock(mutex_);
  Rendering* const old = find(limit);
  (old != nullptr ? *old : place()) = std::move(made);
}

Stats::Rendering* Stats::find(std::optional<std::size_t> limit) {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const Rendering& r) { return r.body != nullptr && r.limit == limit; });
  return found != kept_.end() ? &*found : nullptr;
}

// The one that was made longest ago gives way.
Stats::Rendering& Stats::place() {
  return *std::min_element(kept_.begin(), kept_.end(),
                           [](const Rendering& a, const Rendering& b) { return a.made < b.made; });
}

}  // namespace wikiflow::serve
