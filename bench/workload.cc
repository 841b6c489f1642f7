#include "workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/time.h"

namespace wikiflow::bench {
namespace {

constexpr std::size_t kPages = 1'000'000;
constexpr std::size_t kUuidDigits = 8;  // of meta.id that renew() writes
constexpr std::size_t kTimeDigits = 13;

constexpr std::array<std::string_view, 75> kLanguages{
    "id", "en",  "ar", "fr", "de", "ru", "es", "it", "zh", "he",     "hu", "hy", "pt", "ja", "pl",
    "uk", "nl",  "fa", "sv", "vi", "cs", "ko", "fi", "tr", "ca",     "no", "ro", "sr", "da", "eo",
    "bg", "sk",  "el", "eu", "sl", "hr", "lt", "et", "ms", "simple", "gl", "th", "hi", "ka", "az",
    "be", "bn",  "ta", "te", "ml", "mk", "lv", "sq", "bs", "arz",    "cy", "br", "af", "la", "is",
    "ga", "ast", "oc", "kk", "uz", "ur", "mr", "ky", "tt", "sw",     "ne", "si", "my", "km", "mn"};
constexpr std::array<std::string_view, 4> kProjects{"wikipedia.org", "wiktionary.org", "wikisource.org",
                                                    "wikiquote.org"};
constexpr std::array<std::string_view, 24> kWords{
    "Railway",      "history",      "of the",      "Bridge over", "station",  "National",
    "Football",     "championship", "discography", "Saint",       "Category", "municipality",
    "island",       "river",        "Template",    "University",  "District", "film",
    "Elections in", "church",       "List of",     "asteroid",    "album",    "Photographs by"};
constexpr std::array<std::string_view, 8> kOddWords{"Москва",   "القاهرة", "Straße", "日本の駅",
                                                    "İstanbul", "Ελλάδα",  "São",    "העברית"};
constexpr std::array<std::string_view, 8> kStems{"Wiki", "Geograph", "Ana", "Bot",
                                                 "Mr. ", "Редактор", "Sic", "Łukasz"};
constexpr std::array<std::string_view, 4> kComments{
    "added to category, along with some words about why that was done and where it had been talked over "
    "before",
    "Typo", "/* References */ fixed the date and publisher", ""};

std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

std::vector<std::string> domains() {
  std::vector<std::string> names{"commons.wikimedia.org", "www.wikidata.org"};
  for (const auto project : kProjects) {
    for (const auto language : kLanguages) {
      if (names.size() < kDomains) names.push_back(fmt::format("{}.{}", language, project));
    }
  }
  return names;
}

std::uint32_t uuid_head(std::uint64_t number, std::uint64_t pass) {
  return static_cast<std::uint32_t>(mixed(number) + pass);
}

std::string_view type_of(std::uint64_t draw) {
  const auto percent = draw % 100;
  return percent < 52 ? "categorize" : percent < 94 ? "edit" : percent < 97 ? "new" : "log";
}

std::string with_underscores(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

}  // namespace

Zipf::Zipf(std::size_t n) {
  cumulative_.reserve(n);
  double sum = 0;
  for (std::size_t k = 1; k <= n; ++k) cumulative_.push_back(sum += 1.0 / static_cast<double>(k));
}

std::size_t Zipf::operator()(std::mt19937_64& random) const {
  const double draw = std::uniform_real_distribution<double>(0, cumulative_.back())(random);
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), draw);
  return std::min(static_cast<std::size_t>(found - cumulative_.begin()), cumulative_.size() - 1);
}

Workload::Workload(std::uint64_t seed, std::size_t users, bool distinct)
    : random_(seed),
      domain_(kDomains),
      user_(distinct ? 1 : users),
      users_(users),
      distinct_(distinct),
      domains_(domains()) {}

std::string_view Workload::next_user() {
  const std::size_t number = distinct_ ? turn_++ % users_ : user_(random_);
  const auto bits = mixed(number);
  user_name_.clear();
  fmt::format_to(std::back_inserter(user_name_), "{}{}", kStems[bits % kStems.size()], number);
  return user_name_;
}

void Workload::title(std::string& out) {
  const std::size_t page = random_() % kPages;
  const auto bits = mixed(page);
  const auto second =
      bits % 4 == 0 ? kOddWords[(bits >> 8U) % kOddWords.size()] : kWords[(bits >> 8U) % kWords.size()];
  out.clear();
  fmt::format_to(std::back_inserter(out), "{} {} {} ({})", kWords[(bits >> 16U) % kWords.size()], second,
                 kWords[(bits >> 24U) % kWords.size()], page);
}

void Workload::record(Record& out) {
  title(out.title);
  out.value.clear();
  fmt::format_to(std::back_inserter(out.value), R"({{"domain":"{}","title":"{}","user":"{}"}})",
                 domains_[domain_(random_)], out.title, next_user());
}

void Workload::event(std::int64_t unix_ms, std::uint64_t number, std::string& out) {
  const std::string& domain = domains_[domain_(random_)];
  const auto type = type_of(random_());
  const auto comment = kComments[random_() % kComments.size()];
  const auto tail = random_();
  std::string page;
  title(page);
  const auto user = next_user();
  const std::string path = with_underscores(page);
  const auto to = std::back_inserter(out);
  fmt::format_to(
      to,
      R"({{"$schema":"/mediawiki/recentchange/1.0.0","meta":{{"uri":"https://{0}/wiki/{1}",)"
      R"("request_id":"{2:08x}-64ad-4d61-bdaf-b5acc6e5afe6","id":"{3:08x}-{4:04x}-4{5:03x}-8{6:03x}-{7:012x}",)"
      R"("domain":"{0}","stream":"mediawiki.recentchange","dt":"{8}",)"
      R"("topic":"eqiad.mediawiki.recentchange","partition":0,"offset":{9}}},)",
      domain, path, tail & 0xFFFFFFFFU, uuid_head(number, 0), tail & 0xFFFFU, (tail >> 16U) & 0xFFFU,
      (tail >> 28U) & 0xFFFU, number, format_rfc3339(from_unix_ms(unix_ms)), 6'585'030'967 + number);
  fmt::format_to(to,
                 R"("id":{},"type":"{}","namespace":{},"title":"{}","title_url":"https://{}/wiki/{}",)"
                 R"("comment":"[[:File:{}.jpg]] {}","timestamp":{},"user":"{}","bot":{},)",
                 2'655'031'520 + number, type, type == "categorize" ? 14 : 0, page, domain, path, page,
                 comment, unix_ms / 1000, user, number % 3 == 0);
  fmt::format_to(to, R"("notify_url":"https://{}/w/index.php?diff={}&oldid=0&rcid={}",)", domain,
                 957'218'263 + number, 2'655'031'520 + number);
  if (type == "edit" || type == "new") {
    fmt::format_to(to,
                   R"("minor":false,"length":{{"old":{0},"new":{1}}},"revision":{{"old":{2},"new":{3}}},)",
                   2723 + number % 997, 2773 + number % 991, 38'102'206 + number, 38'160'563 + number);
  }
  fmt::format_to(
      to,
      R"("server_url":"https://{0}","server_name":"{0}","server_script_path":"/w","wiki":"{1}",)"
      R"("parsedcomment":"<a href=\"/wiki/File:{2}.jpg\" title=\"File:{3}.jpg\">File:{3}.jpg</a> {4}"}})",
      domain, domain.substr(0, domain.find('.')) + "wiki", path, page, comment);
}

Frames::Frames(std::uint64_t seed, std::size_t count, std::size_t users, std::int64_t first_unix_ms) {
  constexpr std::uint64_t kMeanStepMs = 30;
  constexpr std::size_t kMeanBytes = 1400;
  Workload workload(seed, users);
  std::mt19937_64 random(seed);
  text_.reserve(count * kMeanBytes);
  frames_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    append(workload, i, first_unix_ms + span_ms_);
    span_ms_ += static_cast<std::int64_t>(random() % (2 * kMeanStepMs + 1));
  }
  span_ms_ = std::max<std::int64_t>(span_ms_, 1);
}

void Frames::append(Workload& workload, std::uint64_t number, std::int64_t unix_ms) {
  Frame frame{};
  frame.begin = text_.size();
  frame.unix_ms = unix_ms;
  const auto to = std::back_inserter(text_);
  const auto here = [&] { return static_cast<std::uint32_t>(text_.size() - frame.begin); };
  fmt::format_to(to, "event: message\nid: [");
  for (std::size_t i = 0; i < 2; ++i) {
    fmt::format_to(to, R"({}{{"topic":"{}.mediawiki.recentchange","partition":0,"timestamp":)",
                   i == 0 ? "" : ",", i == 0 ? "eqiad" : "codfw");
    frame.timestamps[i] = here();
    fmt::format_to(to, "{}}}", unix_ms + 1);
  }
  fmt::format_to(to, "]\ndata: ");
  workload.event(unix_ms, number, text_);
  text_ += "\n\n";
  frame.size = here();
  constexpr std::string_view kBeforeId = R"(,"id":")";
  const auto at = text_.find(kBeforeId, frame.begin);
  frame.uuid = static_cast<std::uint32_t>(at - frame.begin + kBeforeId.size());
  frames_.push_back(frame);
}

std::string_view Frames::operator[](std::size_t i) const {
  return std::string_view(text_).substr(frames_[i].begin, frames_[i].size);
}

void Frames::renew(std::size_t i, std::uint64_t pass) {
  const Frame& frame = frames_[i];
  char* const text = text_.data() + frame.begin;
  fmt::format_to_n(text + frame.uuid, kUuidDigits, "{:08x}", uuid_head(i, pass));
  const std::int64_t time = frame.unix_ms + 1 + static_cast<std::int64_t>(pass) * span_ms_;
  for (const auto at : frame.timestamps) fmt::format_to_n(text + at, kTimeDigits, "{}", time);
}

}  // namespace wikiflow::bench
