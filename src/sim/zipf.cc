#include "sim/zipf.h"

#include <algorithm>
#include <cmath>

namespace wikiflow::sim {
namespace {

constexpr double kNearOne = 1e-9;

}  // namespace

Zipf::Zipf(std::uint64_t n, double s) : n_(static_cast<double>(n)), s_(s), from_(0), to_(0), sure_(0) {
  from_ = integral(1.5) - 1.0;
  to_ = integral(n_ + 0.5);
  sure_ = 2.0 - inverse(integral(2.5) - std::pow(2.0, -s_));
}

// Of x^-s.
double Zipf::integral(double x) const {
  const double log_x = std::log(x);
  const double t = (1.0 - s_) * log_x;
  return (std::abs(t) < kNearOne ? 1.0 : std::expm1(t) / t) * log_x;
}

double Zipf::inverse(double x) const {
  const double t = std::max(x * (1.0 - s_), -1.0);
  return std::exp((std::abs(t) < kNearOne ? 1.0 : std::log1p(t) / t) * x);
}

std::uint64_t Zipf::operator()(Draw& draw) const {
  for (;;) {
    const double u = to_ + draw.unit() * (from_ - to_);
    const double x = inverse(u);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, n_);
    if (rank - x <= sure_ || u >= integral(rank + 0.5) - std::pow(rank, -s_)) {
      return static_cast<std::uint64_t>(rank);
    }
  }
}

}  // namespace wikiflow::sim
