#include "sim/generated.h"

#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "sim/append.h"
#include "sim/names.h"
#include "sim/random.h"

namespace wikiflow::sim {
namespace {

constexpr double kWikisExponent = 1.1;
constexpr double kPagesExponent = 0.6;
constexpr std::uint64_t kPages = 5'000'000;
constexpr std::uint64_t kNoUserOneIn = 500;
constexpr double kMedianSize = 1024;
constexpr double kSigma = 0.243;  // ln(1.8 / 1.02) / 2.33: the 99th percentile
constexpr double kLargest = 4200;

enum class Type : std::uint8_t { categorize, edit, created, log, flow, external };

Type draw_type(Draw& draw) {
  const std::uint64_t permyriad = draw.below(10'000);
  if (permyriad < 5200) return Type::categorize;
  if (permyriad < 9400) return Type::edit;
  if (permyriad < 9700) return Type::created;
  if (permyriad < 9995) return Type::log;
  return permyriad < 9999 ? Type::flow : Type::external;
}

std::string_view name_of(Type type) {
  constexpr std::array<std::string_view, 6> kNames{"categorize", "edit", "new", "log", "142", "external"};
  return kNames.at(static_cast<std::size_t>(type));
}

struct Namespace {
  int number;
  std::string_view prefix;
};

Namespace draw_namespace(Type type, Draw& draw) {
  constexpr std::array<Namespace, 8> kOther{{{1, "Talk:"},
                                             {2, "User:"},
                                             {3, "User talk:"},
                                             {4, "Project:"},
                                             {6, "File:"},
                                             {10, "Template:"},
                                             {-1, "Special:"},
                                             {146, "Lexeme:"}}};
  const std::uint64_t percent = draw.below(100);
  if (type == Type::categorize) return {14, "Category:"};
  if (type == Type::flow) return {2600, "Topic:"};
  return percent < 80 ? Namespace{0, ""} : kOther.at(percent % kOther.size());
}

// The last percentile of a normal distribution is far out; this is good to 0.005 (Tocher's logistic).
double normal_quantile(double p) { return std::log(p / (1 - p)) / 1.702; }

// All that is drawn for an event before it is written.
struct Draft {
  const Wiki* wiki = nullptr;
  Type type = Type::edit;
  Namespace ns{0, ""};
  std::string title;
  std::string url_title;
  std::string user;
  bool has_user = true;
  bool bot = false;
  std::int64_t rc_id = 0;
  std::int64_t new_length = 0;
  std::int64_t old_length = 0;
  std::int64_t new_revision = 0;
  std::uint64_t log_kind = 0;
  std::size_t size = 0;
};

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer& raw(std::string_view text) {
    out_.append(text);
    return *this;
  }
  Writer& number(std::int64_t value) {
    append_number(value, out_);
    return *this;
  }
  Writer& escaped(std::string_view text) {
    append_json_escaped(text, out_);
    return *this;
  }
  Writer& flag(bool value) { return raw(value ? "true" : "false"); }
  std::string& out() { return out_; }

 private:
  std::string& out_;
};

// Filler for comments: ASCII that needs no escape, repeated.
std::string_view prose(std::size_t from, std::size_t size) {
  static const std::string text = [] {
    std::string all;
    while (all.size() < 8192) {
      all += "/* History */ reworded after the talk page, added a reference, see the archive for details; ";
    }
    return all;
  }();
  return std::string_view(text).substr(from % 512, size);
}

void write_meta(Writer& w, const Draft& d, std::uint64_t seed, std::uint64_t n, const Entry& entry) {
  const std::uint64_t high = hash(seed, n, Purpose::id_high);
  const std::uint64_t low = hash(seed, n, Purpose::id_low);
  w.raw(R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":{"uri":")")
      .raw(d.wiki->server_url)
      .raw("/wiki/");
  w.raw(d.url_title).raw(R"(","request_id":")");
  append_uuid(mix(low), mix(high), w.out());
  w.raw(R"(","id":")");
  append_uuid(high, low, w.out());
  w.raw(R"(","domain":")").raw(d.wiki->domain).raw(R"(","stream":"mediawiki.recentchange","dt":")");
  append_rfc3339(entry.dt, w.out());
  w.raw(R"(","topic":")").raw(topic_of(entry.site)).raw(R"(","partition":0,"offset":)").number(entry.offset);
  w.raw("}");
}

void write_log_fields(Writer& w, const Draft& d) {
  switch (d.log_kind) {
    case 0:
      w.raw(
          R"(,"log_id":0,"log_type":"abusefilter","log_action":"hit","log_params":{"action":"edit","filter":"869",)");
      w.raw(R"("actions":"warn","log":)").number(d.rc_id / 3).raw("}");
      break;
    case 1:
      w.raw(R"(,"log_id":)")
          .number(d.rc_id / 5)
          .raw(R"(,"log_type":"delete","log_action":"delete","log_params":[])");
      break;
    case 2:
      w.raw(R"(,"log_id":)")
          .number(d.rc_id / 5)
          .raw(R"(,"log_type":"review","log_action":"approve","log_params":[)");
      w.number(d.new_revision).raw(",").number(d.new_revision - 7).raw(R"(,"20260226154854"])");
      break;
    case 3:
      w.raw(R"(,"log_id":)").number(d.rc_id / 5).raw(R"(,"log_type":"block","log_action":"block",)");
      w.raw(R"("log_params":"nocreate,noemail")");
      break;
    default:
      w.raw(R"(,"log_id":)")
          .number(d.rc_id / 5)
          .raw(R"(,"log_type":"move","log_action":"move","log_params":{)");
      w.raw(R"("target":")").escaped(d.title).raw(R"( II","noredir":"0"})");
  }
  w.raw(R"(,"log_action_comment":"")");
}

void write_edit_fields(Writer& w, const Draft& d) {
  const bool fresh = d.type == Type::created;
  w.raw(R"(,"notify_url":")").raw(d.wiki->server_url).raw("/w/index.php?");
  if (fresh) {
    w.raw("oldid=").number(d.new_revision);
  } else {
    w.raw("diff=").number(d.new_revision).raw("&oldid=").number(d.new_revision - 11);
  }
  w.raw("&rcid=").number(d.rc_id).raw("\"");
  if (d.type == Type::categorize || d.type == Type::flow) return;
  w.raw(R"(,"minor":)").flag(d.rc_id % 4 == 0);
  if (d.rc_id % 3 != 0) w.raw(R"(,"patrolled":)").flag(d.rc_id % 5 != 0);
  w.raw(R"(,"length":{)");
  if (!fresh) w.raw(R"("old":)").number(d.old_length).raw(",");
  w.raw(R"("new":)").number(d.new_length).raw(R"(},"revision":{)");
  if (!fresh) w.raw(R"("old":)").number(d.new_revision - 11).raw(",");
  w.raw(R"("new":)").number(d.new_revision).raw("}");
}

// How long the comment must be for the event to have its size; it stands in the event twice.
std::size_t comment_size(const Draft& d, std::size_t written) {
  constexpr std::size_t kStillToCome = 190;
  const std::size_t without = written + kStillToCome + d.wiki->domain.size() * 2;
  return d.size > without ? (d.size - without) / 2 : 0;
}

void write_body(Writer& w, const Draft& d, const Entry& entry, std::size_t begin) {
  if (d.type != Type::log || d.log_kind > 1) w.raw(R"(,"id":)").number(d.rc_id);
  w.raw(R"(,"type":")").raw(name_of(d.type)).raw(R"(","namespace":)").number(d.ns.number);
  w.raw(R"(,"title":")").escaped(d.title).raw(R"(","title_url":")").raw(d.wiki->server_url).raw("/wiki/");
  w.raw(d.url_title).raw(R"(","comment":")");
  constexpr std::size_t kEditFields = 230;
  const std::string_view comment =
      prose(static_cast<std::size_t>(d.rc_id), comment_size(d, w.out().size() - begin + kEditFields));
  w.raw(comment).raw(R"(","timestamp":)").number(unix_ms(entry.dt) / 1000);
  if (d.has_user) w.raw(R"(,"user":")").escaped(d.user).raw("\"");
  w.raw(R"(,"bot":)").flag(d.bot);
  if (d.type == Type::log) {
    write_log_fields(w, d);
  } else {
    write_edit_fields(w, d);
  }
  w.raw(R"(,"server_url":")").raw(d.wiki->server_url).raw(R"(","server_name":")").raw(d.wiki->domain);
  w.raw(R"(","server_script_path":"/w","wiki":")").raw(d.wiki->id).raw(R"(","parsedcomment":")").raw(comment);
  w.raw("\"}");
}

}  // namespace

Generated::Generated(std::uint64_t seed, std::uint64_t users, double zipf)
    : seed_(seed),
      users_(users, zipf),
      wikis_(wikis().size(), kWikisExponent),
      pages_(kPages, kPagesExponent),
      sizes_() {
  for (std::size_t i = 0; i < kSizes; ++i) {
    const double p = (static_cast<double>(i) + 0.5) / static_cast<double>(kSizes);
    const double size = kMedianSize * std::exp(kSigma * normal_quantile(p));
    sizes_.at(i) = static_cast<std::uint16_t>(std::min(size, kLargest));
  }
}

void Generated::render(std::uint64_t n, const Entry& entry, std::string& out) const {
  Draw draw(hash(seed_, n, Purpose::content));
  thread_local Draft d;  // keeps its strings' memory
  d.wiki = &wikis()[wikis_(draw) - 1];
  d.type = draw_type(draw);
  d.ns = draw_namespace(d.type, draw);
  page_title(*d.wiki, pages_(draw), d.title);
  d.title.insert(0, d.ns.prefix);
  d.url_title.clear();
  append_url_title(d.title, d.url_title);
  const std::uint64_t rank = users_(draw);
  user_name(rank, d.user);
  d.has_user = draw.below(kNoUserOneIn) != 0;
  d.bot = is_bot(rank);
  d.rc_id = 2'000'000'000 + static_cast<std::int64_t>(3 * n);
  d.old_length = static_cast<std::int64_t>(draw.below(120'000));
  d.new_length = std::max<std::int64_t>(d.old_length + static_cast<std::int64_t>(draw.below(2000)) - 600, 0);
  d.new_revision = 1'300'000'000 + static_cast<std::int64_t>(13 * n);
  d.log_kind = draw.below(6);
  d.size = sizes_.at(draw.below(kSizes));

  const std::size_t begin = out.size();
  Writer w(out);
  write_meta(w, d, seed_, n, entry);
  write_body(w, d, entry, begin);
}

}  // namespace wikiflow::sim
