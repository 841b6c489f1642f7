#include "config/value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "config/address.h"

namespace wikiflow::config {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxTopicBytes = 240;
constexpr std::size_t kDateBytes = 10;

// From the largest; the first of a size is how it is written.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> kUnits{{
    {"w", 604'800'000},
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"min", 60'000},
    {"m", 60'000},
    {"s", 1000},
    {"ms", 1},
}};

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool visible(char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Result<void> check_host(std::string_view host) {
  // With a port added where there is none, a host has the form of an address.
  const bool has_port =
      host.starts_with('[') ? !host.ends_with(']') : host.find(':') != std::string_view::npos;
  const auto address = parse_address(has_port ? std::string(host) : std::string(host) + ":1");
  if (!address || address->host.empty() || address->port == 0) {
    return bad_input("'" + std::string(host) + "' is not host:port");
  }
  return {};
}

}  // namespace

Result<milliseconds> parse_duration(std::string_view text) {
  const auto wrong = [] {
    return bad_input("give a whole number and a unit: ms, s, min, h, d or w, as in \"30 s\"");
  };
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || text.empty() || !digit(text.front())) return wrong();
  const auto unit = lower(without_blanks(text.substr(static_cast<std::size_t>(end - text.data()))));
  for (const auto& [name, ms] : kUnits) {
    if (unit != name) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / ms) return bad_input("too long");
    return milliseconds{count * ms};
  }
  return wrong();
}

std::string format_duration(milliseconds duration) {
  for (const auto& [name, ms] : kUnits) {
    if (duration.count() != 0 && duration.count() % ms == 0) {
      return std::to_string(duration.count() / ms) + " " + std::string(name);
    }
  }
  return "0 ms";
}

Result<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return bad_input("give a whole number");
  return value;
}

Result<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return bad_input("give a number");
  }
  return value;
}

Result<bool> parse_bool(std::string_view text) {
  const auto word = lower(text);
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  return bad_input("give true or false");
}

Result<std::vector<std::string>> parse_hosts(std::string_view text) {
  std::vector<std::string> hosts;
  while (true) {
    const auto comma = text.find(',');
    const auto host = without_blanks(text.substr(0, comma));
    if (const auto good = check_host(host); !good) {
      return bad_input(good.error().what + "; give host:port, several with commas between");
    }
    hosts.emplace_back(host);
    if (comma == std::string_view::npos) return hosts;
    text.remove_prefix(comma + 1);
  }
}

Result<void> check_url(std::string_view text) {
  const auto wrong = [] { return bad_input("give a URL that begins with http:// or https://"); };
  const auto scheme = lower(text.substr(0, text.find("://")));
  if (scheme != "http" && scheme != "https") return wrong();
  for (const char c : text) {
    if (!visible(c)) return bad_input("a URL holds no blanks or control characters");
  }
  auto host = text.substr(scheme.size());
  if (!host.starts_with("://")) return wrong();
  host.remove_prefix(3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  if (!check_host(host)) return bad_input("'" + std::string(host) + "' is not a host");
  return {};
}

std::string mask_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const auto begin = scheme + 3;
  const auto end = std::min(url.find_first_of("/?#", begin), url.size());
  const auto at = url.substr(0, end).rfind('@');
  const auto colon = url.find(':', begin);
  if (at == std::string_view::npos || at < begin || colon > at) return std::string(url);
  return std::string(url.substr(0, colon + 1)) + "***" + std::string(url.substr(at));
}

Result<void> check_topic(std::string_view text) {
  bool good = !text.empty() && text.size() <= kMaxTopicBytes && text != "." && text != "..";
  for (const char c : text) good = good && (letter(c) || digit(c) || c == '.' || c == '_' || c == '-');
  if (good) return {};
  return bad_input("a topic's name is letters, digits, '.', '_' and '-', at most " +
                   std::to_string(kMaxTopicBytes) + " of them");
}

Result<From> parse_from(std::string_view text) {
  if (text == "latest") return From{From::Kind::latest, {}};
  if (text == "earliest") return From{From::Kind::earliest, {}};
  const std::string time = text.size() == kDateBytes ? std::string(text) + "T00:00:00Z" : std::string(text);
  if (const auto at = parse_rfc3339(time)) return From{From::Kind::time, *at};
  // Fewer digits would be seconds, or a year: better refused than read as a time in 1970.
  constexpr std::int64_t kYear2001 = 1'000'000'000'000;
  constexpr std::int64_t kYear9999 = 253'402'300'799'999;
  const auto ms = parse_integer(text);
  if (ms && *ms >= kYear2001 && *ms <= kYear9999) return From{From::Kind::time, from_unix_ms(*ms)};
  return bad_input(
      "give latest, earliest, a time as 2026-11-23T20:00:00Z or 2026-11-23, or unix milliseconds");
}

}  // namespace wikiflow::config
