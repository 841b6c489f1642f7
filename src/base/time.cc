#include "base/time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace wikiflow {
namespace {

using std::chrono::milliseconds;

// Beyond it, a deadline on a clock of nanoseconds could overflow.
constexpr milliseconds kLongestSleep = std::chrono::hours{24 * 365 * 100};

// What RFC 3339 can write.
constexpr Millis kFirst = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr Millis kLast = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - milliseconds{1};

class SystemClock final : public Clock {
 public:
  Millis now() const override {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  bool sleep(milliseconds duration, std::stop_token stop) override {
    duration = std::min(duration, kLongestSleep);
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    return !wake.wait_for(lock, stop, duration, [&] { return stop.stop_requested(); }) &&
           !stop.stop_requested();
  }
};

void put_digits(char* at, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

// Digits at places that are known beforehand; whether all were digits is asked once, at the end.
class Digits {
 public:
  explicit Digits(const char* text) : text_(text) {}
  int two(std::size_t at) { return 10 * one(at) + one(at + 1); }
  int four(std::size_t at) { return 100 * two(at) + two(at + 2); }
  bool all() const { return all_; }

 private:
  int one(std::size_t at) {
    const int value = text_[at] - '0';
    all_ = all_ && value >= 0 && value <= 9;
    return value;
  }
  const char* text_;
  bool all_ = true;
};

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// The fraction after the point, in milliseconds; at least one digit.
std::optional<int> take_fraction(std::string_view& text) {
  int ms = 0;
  int weight = 100;
  bool any = false;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    ms += (text.front() - '0') * weight;
    weight /= 10;
    any = true;
    text.remove_prefix(1);
  }
  return any ? std::optional(ms) : std::nullopt;
}

// Minutes east of UTC from "Z" or "+hh:mm".
std::optional<int> take_zone(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  const int sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
  if (sign == 0) return std::nullopt;
  if (text.size() < 5 || text[2] != ':') return std::nullopt;
  Digits digits(text.data());
  const int hours = digits.two(0);
  const int minutes = digits.two(3);
  if (!digits.all() || hours > 23 || minutes > 59) return std::nullopt;
  text.remove_prefix(5);
  return sign * (hours * 60 + minutes);
}

}  // namespace

char* write_rfc3339(Millis t, char* text) {
  t = std::clamp(t, kFirst, kLast);
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{day};
  const auto ms = static_cast<unsigned>((t - day).count());
  put_digits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  text[4] = '-';
  put_digits(text + 5, static_cast<unsigned>(date.month()), 2);
  text[7] = '-';
  put_digits(text + 8, static_cast<unsigned>(date.day()), 2);
  text[10] = 'T';
  put_digits(text + 11, ms / 3'600'000, 2);
  text[13] = ':';
  put_digits(text + 14, ms / 60'000 % 60, 2);
  text[16] = ':';
  put_digits(text + 17, ms / 1000 % 60, 2);
  text[19] = '.';
  put_digits(text + 20, ms % 1000, 3);
  text[23] = 'Z';
  return text + kRfc3339Bytes;
}

void append_rfc3339(Millis t, std::string& out) {
  std::array<char, kRfc3339Bytes> text{};
  write_rfc3339(t, text.data());
  out.append(text.data(), text.size());
}

std::string format_rfc3339(Millis t) {
  std::string out;
  append_rfc3339(t, out);
  return out;
}

std::optional<Millis> parse_rfc3339(std::string_view text) {
  constexpr std::size_t kSeconds = 19;  // as far as every form is the same
  if (text.size() < kSeconds || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':' ||
      (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) {
    return std::nullopt;
  }
  Digits digits(text.data());
  const int year = digits.four(0);
  const int month = digits.two(5);
  const int day = digits.two(8);
  const int hour = digits.two(11);
  const int minute = digits.two(14);
  const int second = digits.two(17);  // 60: a leap second, taken as the next minute's first
  if (!digits.all() || year < 1970 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  text.remove_prefix(kSeconds);
  int ms = 0;
  if (take(text, '.')) {
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    ms = *fraction;
  }
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const Millis t = std::chrono::sys_days{date} + std::chrono::hours{hour} +
                   std::chrono::minutes{minute - *zone} + std::chrono::seconds{second} + milliseconds{ms};
  constexpr Millis kEnd =
      std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1};  // what four digits can say
  if (t < Millis{} || t >= kEnd) return std::nullopt;
  return t;
}

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace wikiflow
