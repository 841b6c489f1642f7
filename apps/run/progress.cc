#include "run/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace wikiflow::app {
namespace {

std::string duration_text(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", std::max(1.0, std::ceil(seconds)));
  if (seconds < 90 * 60) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace

std::string with_commas(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

Progress::Progress(std::ostream& out, bool terminal, std::string unit, double near_enough)
    : out_(out), terminal_(terminal), unit_(std::move(unit)), near_enough_(near_enough) {}

void Progress::tick(SteadyTime now, std::uint64_t done, std::optional<double> behind) {
  if (!behind) return;
  if (*behind >= near_enough_) {
    samples_.push_back({now, done, *behind});
    while (now - samples_.front().at > kWindow) samples_.pop_front();
    write(now, line(now, done, *behind));
    return;
  }
  if (samples_.empty()) return;
  out_ << (terminal_ ? "\r\x1b[K" : "") << "up to date\n" << std::flush;
  samples_.clear();
  written_.reset();
}

std::string Progress::line(SteadyTime now, std::uint64_t done, double behind) const {
  const double seconds = std::chrono::duration<double>(now - samples_.front().at).count();
  std::string text =
      fmt::format("catching up: {} {} behind", with_commas(static_cast<std::uint64_t>(behind)), unit_);
  if (seconds <= 0) return text;
  const double rate = static_cast<double>(done - samples_.front().done) / seconds;
  text += fmt::format(", {}/s", with_commas(static_cast<std::uint64_t>(rate)));
  const double closing = (samples_.front().behind - behind) / seconds;
  if (closing > 0) text += fmt::format(", {} to go", duration_text(behind / closing));
  return text;
}

void Progress::write(SteadyTime now, const std::string& text) {
  if (terminal_) {
    out_ << '\r' << text << "\x1b[K" << std::flush;
    return;
  }
  if (written_ && now - *written_ < kPlainEvery) return;
  written_ = now;
  out_ << text << '\n' << std::flush;
}

}  // namespace wikiflow::app
