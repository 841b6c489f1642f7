#include "base/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <string_view>

namespace wikiflow {
namespace {

constexpr std::string_view kTotal = "_total";
constexpr std::string_view kBound = "le=\"";

// `# HELP name text` and `# TYPE name type`: of a counter, without the end of its name. The text is as it
// was given, so what OpenMetrics wants escaped is escaped here.
void append_description(std::string_view line, std::string& out) {
  const std::size_t end = std::min(line.find(' ', line.find(' ', 2) + 1), line.size());
  std::string_view name = line.substr(0, end);
  if (name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  out += name;
  for (const char c : line.substr(end)) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
}

// A sample; the bound of its bucket, if it has one, as a number with a point.
void append_sample(std::string_view line, std::string& out) {
  const std::size_t begin = line.rfind(kBound);
  if (begin == std::string_view::npos || (line[begin - 1] != '{' && line[begin - 1] != ',')) {
    out += line;
    return;
  }
  const std::size_t end = line.find('"', begin + kBound.size());
  out += line.substr(0, end);
  const auto bound = line.substr(begin + kBound.size(), end - begin - kBound.size());
  if (bound.find_first_not_of("-0123456789") == std::string_view::npos) out += ".0";
  out += line.substr(end);
}

}  // namespace

prometheus::Counter& Metrics::counter(const std::string& name, const std::string& help,
                                      const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                                          const prometheus::Histogram::BucketBoundaries& buckets,
                                          const Labels& labels) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(labels, buckets);
}

void Metrics::add(const std::shared_ptr<prometheus::Collectable>& source) {
  const std::lock_guard lock(mutex_);
  sources_.push_back(source);
}

std::string Metrics::exposition() const {
  auto families = registry_.Collect();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& source : sources_) {
      for (auto& family : source->Collect()) families.push_back(std::move(family));
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

std::string Metrics::open_metrics() const {
  const std::string text = exposition();
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const auto line = std::string_view(text).substr(at, end - at);
    if (line.starts_with('#')) {
      append_description(line, out);
    } else {
      append_sample(line, out);
    }
    out.push_back('\n');
    at = end + 1;
  }
  return out + "# EOF\n";
}

}  // namespace wikiflow
