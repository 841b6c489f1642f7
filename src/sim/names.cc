#include "sim/names.h"

#include <array>
#include <initializer_list>

#include "sim/append.h"
#include "sim/random.h"

namespace wikiflow::sim {
namespace {

using Words = std::array<std::string_view, 16>;

constexpr std::array<Words, 6> kWords{{
    {"River", "Church", "List of", "Railway", "Saint", "Museum", "Season", "Film", "Football", "Bridge",
     "County", "Élection", "Köln", "Śląsk", "Ålesund", "Año"},
    {"Река", "Церковь", "Список", "Станция", "Улица", "Музей", "Сезон", "Фильм", "Футбол", "Мост", "Район",
     "Выборы", "Город", "Озеро", "Їжак", "Љубав"},
    {"نهر", "مسجد", "قائمة", "محطة", "شارع", "متحف", "موسم", "فيلم", "كرة", "جسر", "منطقة", "انتخابات",
     "مدينة", "بحيرة", "جبل", "گل"},
    {"נהר", "כנסייה", "רשימת", "תחנת", "רחוב", "מוזיאון", "עונת", "סרט", "כדורגל", "גשר", "מחוז", "בחירות",
     "עיר", "אגם", "הר", "דה״ב"},
    {"河流", "教堂", "列表", "車站", "街道", "博物館", "賽季", "電影", "足球", "大橋", "地區", "選舉", "城市",
     "湖泊", "山脈", "東京"},
    {"नदी", "मंदिर", "सूची", "स्टेशन", "मार्ग", "संग्रहालय", "ऋतु", "फ़िल्म", "फुटबॉल", "पुल", "ज़िला", "चुनाव", "नगर",
     "झील", "पर्वत", "हिन्दी"},
}};

constexpr std::array<std::string_view, 16> kFirstNames{
    "Example", "Maria", "Jürgen", "Łukasz", "Aiko",  "Олена", "Sven",  "Fatima",
    "Giorgos", "Zoë",   "Noor",   "Anders", "Chidi", "Ines",  "Tomáš", "Wei"};

constexpr std::array<std::string_view, 100> kLanguages{
    "de", "fr",     "es", "ru", "ar", "it",  "ja",         "zh", "id", "pl",  "uk", "pt", "nl", "fa", "he",
    "sv", "tr",     "cs", "vi", "ko", "ca",  "hu",         "no", "fi", "arz", "sr", "ro", "hi", "da", "bg",
    "el", "eo",     "eu", "hy", "sk", "th",  "bn",         "ms", "et", "hr",  "sl", "lt", "az", "ur", "ka",
    "ta", "simple", "gl", "kk", "be", "uz",  "te",         "mk", "lv", "sh",  "ml", "nn", "cy", "mr", "my",
    "af", "sq",     "is", "sw", "tg", "ast", "zh-min-nan", "bs", "jv", "ckb", "oc", "ky", "ga", "br", "lb",
    "tt", "su",     "pa", "ne", "la", "ku",  "si",         "yi", "mn", "kn",  "gu", "ha", "ig", "yo", "ps",
    "sd", "am",     "so", "or", "as", "sa",  "fy",         "an", "io", "vo"};

bool one_of(std::string_view text, std::initializer_list<std::string_view> list) {
  for (const std::string_view each : list) {
    if (each == text) return true;
  }
  return false;
}

Script script_of(std::string_view language) {
  if (one_of(language, {"ru", "uk", "sr", "bg", "kk", "be", "mk", "tg", "ky", "tt", "mn"}))
    return Script::cyrillic;
  if (one_of(language, {"ar", "fa", "arz", "ur", "ckb", "ps", "sd"})) return Script::arabic;
  if (one_of(language, {"he", "yi"})) return Script::hebrew;
  if (one_of(language, {"ja", "zh", "ko"})) return Script::han;
  if (one_of(language, {"hi", "mr", "ne", "sa"})) return Script::devanagari;
  return Script::latin;
}

Wiki make_wiki(std::string domain, std::string id, Script script = Script::latin) {
  Wiki wiki{std::move(domain), std::move(id), {}, script};
  wiki.server_url = "https://" + wiki.domain;
  return wiki;
}

Wiki of_language(std::string_view language, std::string_view project, std::string_view suffix) {
  std::string id(language);
  for (char& c : id) c = c == '-' ? '_' : c;
  return make_wiki(std::string(language) + '.' + std::string(project) + ".org", id.append(suffix),
                   script_of(language));
}

std::vector<Wiki> make_wikis() {
  std::vector<Wiki> all{make_wiki("commons.wikimedia.org", "commonswiki"),
                        make_wiki("www.wikidata.org", "wikidatawiki"),
                        make_wiki("en.wikipedia.org", "enwiki")};
  std::size_t n = 0;
  for (const std::string_view language : kLanguages) {
    all.push_back(of_language(language, "wikipedia", "wiki"));
    if (++n == 12) all.push_back(make_wiki("meta.wikimedia.org", "metawiki"));
    if (n == 24) all.push_back(make_wiki("www.mediawiki.org", "mediawikiwiki"));
    if (n == 36) all.push_back(make_wiki("species.wikimedia.org", "specieswiki"));
    if (n == 48) all.push_back(make_wiki("incubator.wikimedia.org", "incubatorwiki"));
  }
  const auto project = [&](std::size_t languages, std::string_view name) {
    for (std::size_t i = 0; i < languages; ++i) all.push_back(of_language(kLanguages.at(i), name, name));
  };
  project(80, "wiktionary");
  project(50, "wikisource");
  project(30, "wikibooks");
  project(20, "wikiquote");
  project(12, "wikivoyage");
  project(10, "wikinews");
  return all;
}

void put_hex(std::uint64_t value, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{:X}", value);
}

// An address of a documentation range for each number; there are only 762 of version 4.
void put_address(std::uint64_t number, std::string& out) {
  constexpr std::array<std::string_view, 3> kNets{"192.0.2.", "198.51.100.", "203.0.113."};
  constexpr std::uint64_t kHosts = 254;
  if (number < kNets.size() * kHosts) {
    out.append(kNets.at(number / kHosts));
    append_number(static_cast<std::int64_t>(1 + number % kHosts), out);
    return;
  }
  out += "2001:DB8:";
  const std::uint64_t bits = number << 16U | (mix(number) & 0xFFFFU);  // the number itself keeps them apart
  for (const unsigned shift : {48U, 32U, 16U, 0U}) {
    put_hex(bits >> shift & 0xFFFFU, out);
    out.push_back(':');
  }
  out += "0:1";
}

}  // namespace

const std::vector<Wiki>& wikis() {
  static const std::vector<Wiki> all = make_wikis();
  return all;
}

bool is_bot(std::uint64_t rank) { return rank % 8 == 1 || (rank < 40 && rank % 2 == 1); }

void user_name(std::uint64_t rank, std::string& out) {
  constexpr std::uint64_t kOdd = 50;  // so many in a row repeat in kind
  out.clear();
  const auto number = static_cast<std::int64_t>(rank);
  const std::string_view first = kFirstNames.at(mix(rank) % kFirstNames.size());
  const auto with = [&](std::string_view before, std::string_view between, std::string_view after) {
    out.append(before).append(between);
    append_number(number, out);
    out.append(after);
  };
  if (is_bot(rank)) return with(first, " ", "Bot");
  switch (rank % kOdd) {
    case 2:
      return put_address(rank / kOdd, out);
    case 4:
      return put_address(rank / kOdd + (std::uint64_t{1} << 20U), out);
    case 6:
    case 26:
      return with("~2026-", "", "-95");
    case 8:
      return with("O'", first, "");
    case 10:
      return with(first, " & ", " Söhne");
    case 12:
      return with(first, ", ", " Jr.");
    case 14:
      return with("مستخدم", " ", "");
    case 16:
      return with("משתמש", "\u200E ", "");
    case 18:
      return with("Zal\u0301go\u0308", " a\u0323", "");
    case 20:
      return with(first, " 🦊", "");
    case 22:
      return with("利用者", "", "号");
    default:
      return with(first, " ", "");
  }
}

void page_title(const Wiki& wiki, std::uint64_t page, std::string& out) {
  constexpr std::uint64_t kOddOneIn = 64;
  out.clear();
  const std::uint64_t h = mix(page);
  const Words& words = kWords.at(static_cast<std::size_t>(wiki.script));
  const std::string_view one = words.at(h % words.size());
  const std::string_view two = words.at((h >> 8U) % words.size());
  const bool odd = (h >> 16U) % kOddOneIn == 0;
  switch (odd ? (h >> 32U) % 8 : 8) {
    case 0:
      out.append("\"").append(one).append("\" ").append(two);
      break;
    case 1:
      out.append(one).append("\\").append(two);
      break;
    case 2:
      out.append("𐎿𐎱𐎼𐎭 ").append(one);
      break;
    case 3:
      out.append(one).append(" & ").append(two).append("; <b>");
      break;
    case 4:
      out.append(one).append("'s ").append(two);
      break;
    case 5:
      out.append(one).append(", 🦊 ").append(two).append("?");
      break;
    case 6:
      out.append("E\u0301").append(one).append("/").append(two);
      break;
    case 7:
      out.append(one).append(" \"\\\\\" ").append(two);
      break;
    default:
      out.append(one).append(" ").append(two);
  }
  out.push_back(' ');
  append_number(static_cast<std::int64_t>(page), out);
}

void append_url_title(std::string_view title, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-_.~!*();:@$,/'";
  for (const char c : title) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || kPlain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('_');
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4U]);
      out.push_back(kHex[byte & 0xFU]);
    }
  }
}

}  // namespace wikiflow::sim
