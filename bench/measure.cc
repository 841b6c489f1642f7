#include "measure.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

namespace wikiflow::bench {
namespace {

constexpr double kKiBPerMB = 1e6 / 1024;

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

rusage usage() {
  rusage now{};
  getrusage(RUSAGE_SELF, &now);
  return now;
}

double cpu_now() {
  const rusage now = usage();
  return seconds(now.ru_utime) + seconds(now.ru_stime);
}

}  // namespace

Meter::Meter() : begin_(std::chrono::steady_clock::now()), cpu_begin_(cpu_now()) {}

double Meter::wall_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

double Meter::cpu_s() const { return cpu_now() - cpu_begin_; }

double rss_mb() {
  std::ifstream statm("/proc/self/statm");
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

double peak_rss_mb() { return static_cast<double>(usage().ru_maxrss) / kKiBPerMB; }

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::min(values.size(), std::max<std::size_t>(rank, 1)) - 1];
}

void print_result(std::initializer_list<std::pair<std::string_view, double>> values) {
  std::string line;
  for (const auto& [name, value] : values) {
    line += fmt::format("{}\"{}\":{}", line.empty() ? "{" : ",", name, value);
  }
  fmt::print("{}}}\n", line);
  std::fflush(stdout);
}

}  // namespace wikiflow::bench
