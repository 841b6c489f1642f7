#include "sim/recorded.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>

#include "event/json.h"
#include "sim/append.h"
#include "sim/random.h"

namespace wikiflow::sim {
namespace {

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t h = 0;
  for (const char c : text) h = mix(h ^ static_cast<unsigned char>(c));
  return h;
}

bool is_text(json::Value& value) {
  const auto text = json::string_or_nothing(value);
  return text && !text->empty();
}

}  // namespace

std::string_view to_string(FrameKind kind) {
  constexpr std::array<std::string_view, 5> kNames{"event", "canary", "malformed", "oversized", "error"};
  return kNames.at(static_cast<std::size_t>(kind));
}

// Finds the places in one line after the other.
class Recorded::Reader {
 public:
  explicit Reader(Recorded& into) : into_(into) {}

  bool read(std::size_t at, std::size_t size) {
    event_ = Event{at, static_cast<std::uint32_t>(size), FrameKind::malformed, first_splice(), 0};
    has_domain_ = has_title_ = canary_ = false;
    simdjson::ondemand::document document;
    json::Object object;
    if (json::begin(parser_, &into_.text_[at], size, document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
      return false;
    }
    const bool ok = json::for_each_field(
        object, [&](std::string_view name, json::Value& value) { return read_field(name, value); });
    if (!ok || !json::at_end(document)) return false;
    if (canary_) event_.kind = FrameKind::canary;
    if (!canary_ && has_domain_ && has_title_) event_.kind = FrameKind::event;
    event_.splices = first_splice() - event_.first_splice;
    std::sort(into_.splices_.begin() + event_.first_splice, into_.splices_.end(),
              [](const Splice& a, const Splice& b) { return a.at < b.at; });
    into_.events_.push_back(event_);
    return true;
  }

 private:
  std::uint32_t first_splice() const { return static_cast<std::uint32_t>(into_.splices_.size()); }

  bool read_field(std::string_view name, json::Value& value) {
    if (name == "title") has_title_ = is_text(value);
    if (name == "timestamp" && into_.shift_times_) splice(value, Field::timestamp);
    if (name != "meta") return true;
    json::Object meta;
    if (!json::has_type(value, json::Type::object) || value.get_object().get(meta) != simdjson::SUCCESS) {
      return true;
    }
    return json::for_each_field(
        meta, [&](std::string_view field, json::Value& inner) { return read_meta(field, inner); });
  }

  bool read_meta(std::string_view name, json::Value& value) {
    if (name == "domain") {
      has_domain_ = is_text(value);
      canary_ = json::string_or_nothing(value) == "canary";
    }
    if (name == "id" && is_text(value)) splice(value, Field::id);
    if (name == "topic") splice(value, Field::topic);
    if (name == "partition") splice(value, Field::partition);
    if (name == "offset") splice(value, Field::offset);
    if (name == "dt" && into_.shift_times_) splice(value, Field::dt);
    return true;
  }

  // A scalar's token, without the white space that simdjson leaves behind it. Nulls stay.
  void splice(json::Value& value, Field field) {
    json::Type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return;
    if (type != json::Type::string && type != json::Type::number) return;
    std::string_view token = value.raw_json_token();
    while (!token.empty() && std::string_view(" \t\r\n").find(token.back()) != std::string_view::npos) {
      token.remove_suffix(1);
    }
    into_.splices_.push_back({static_cast<std::size_t>(token.data() - into_.text_.data()),
                              static_cast<std::uint32_t>(token.size()), field});
  }

  Recorded& into_;
  simdjson::ondemand::parser parser_;
  Event event_{};
  bool has_domain_ = false;
  bool has_title_ = false;
  bool canary_ = false;
};

Result<std::unique_ptr<Recorded>> Recorded::parse(std::string text, bool shift_times,
                                                  std::uint64_t first_round) {
  const std::size_t end = text.size();
  if (end > kMaxBytes) return bad_input("events of more than 1 GiB: split the file");
  text.append(json::kPadding, ' ');
  std::unique_ptr<Recorded> recorded(new Recorded(std::move(text), shift_times, first_round));
  Reader reader(*recorded);
  std::size_t line = 0;
  for (std::size_t at = 0; at < end;) {
    ++line;
    std::size_t stop = std::min(recorded->text_.find('\n', at), end);
    const std::size_t next = stop + 1;
    if (stop > at && recorded->text_[stop - 1] == '\r') --stop;
    if (stop > at && !reader.read(at, stop - at)) {
      return bad_input("line " + std::to_string(line) + " is not a JSON object: " +
                       recorded->text_.substr(at, std::min<std::size_t>(stop - at, 80)));
    }
    at = next;
  }
  if (recorded->events_.empty()) return bad_input("no events");
  return recorded;
}

Result<std::unique_ptr<Recorded>> Recorded::load(const std::string& path, bool shift_times,
                                                 std::uint64_t first_round) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) text.assign(std::istreambuf_iterator<char>(file), {});
  if (!file || file.bad()) return bad_input("cannot read the events file " + path);
  auto parsed = parse(std::move(text), shift_times, first_round);
  if (!parsed) return bad_input(path + ": " + parsed.error().what);
  return parsed;
}

void Recorded::render(std::uint64_t n, const Entry& entry, std::string& out) const {
  const Event& event = events_[n % events_.size()];
  std::size_t at = event.at;
  for (std::uint32_t i = 0; i < event.splices; ++i) {
    const Splice& splice = splices_[event.first_splice + i];
    out.append(text_, at, splice.at - at);
    put(splice, n, entry, out);
    at = splice.at + splice.size;
  }
  out.append(text_, at, event.at + event.size - at);
}

void Recorded::put(const Splice& splice, std::uint64_t n, const Entry& entry, std::string& out) const {
  const std::string_view old = std::string_view(text_).substr(splice.at, splice.size);
  const std::uint64_t round = first_round_ + n / events_.size();
  switch (splice.field) {
    case Field::id:
      if (round == 0) {
        out.append(old);
        return;
      }
      out.push_back('"');
      append_uuid(hash(hash_of(old), round, Purpose::id_high), hash(hash_of(old), round, Purpose::id_low),
                  out);
      out.push_back('"');
      return;
    case Field::topic:
      out.append("\"").append(topic_of(entry.site)).append("\"");
      return;
    case Field::partition:
      out.push_back('0');
      return;
    case Field::offset:
      append_number(entry.offset, out);
      return;
    case Field::dt:
      out.push_back('"');
      append_rfc3339(entry.dt, out);
      out.push_back('"');
      return;
    case Field::timestamp:
      append_number(unix_ms(entry.dt) / 1000, out);
      return;
  }
}

}  // namespace wikiflow::sim
