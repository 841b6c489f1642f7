// What a program spent, and how it says so: one line of JSON on standard output, for bench/run.py.

#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace wikiflow::bench {

// Wall and CPU (user and system, all threads of the process) since it was made.
class Meter {
 public:
  Meter();
  double wall_s() const;
  double cpu_s() const;

 private:
  std::chrono::steady_clock::time_point begin_;
  double cpu_begin_;
};

double rss_mb();       // resident now
double peak_rss_mb();  // the most so far

// Comparable between processes of this machine.
std::int64_t steady_ns();

// The value that a share `q` of the values does not exceed. Values must not be empty.
double quantile(std::vector<double> values, double q);

// {"name":value,...}, and a line's end.
void print_result(std::initializer_list<std::pair<std::string_view, double>> values);

}  // namespace wikiflow::bench
