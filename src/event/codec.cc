#include "event/codec.h"

#include <fmt/format.h>

#include <cstring>
#include <vector>

#include "base/utf8.h"
#include "event/json.h"

namespace wikiflow {
namespace {

// Writes fields one after the other into memory that is large enough for all of them. A name is given with
// what stands around it: `,"title":`.
class FieldWriter {
 public:
  explicit FieldWriter(char* at) : at_(at) {}
  const char* end() const { return at_; }

  void literal(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void text(std::string_view name, std::string_view value) {
    literal(name);
    *at_++ = '"';
    at_ = write_json_escaped(value, at_);
    *at_++ = '"';
  }
  void text_if(std::string_view name, const std::optional<std::string_view>& value) {
    if (value) text(name, *value);
  }
  void id(std::string_view name, const EventId& value) {
    literal(name);
    *at_++ = '"';
    at_ = value.write(at_);
    *at_++ = '"';
  }
  void time_if(std::string_view name, const std::optional<Millis>& value) {
    if (!value) return;
    literal(name);
    *at_++ = '"';
    at_ = write_rfc3339(*value, at_);
    *at_++ = '"';
  }
  void integer_if(std::string_view name, const std::optional<std::int64_t>& value) {
    if (!value) return;
    literal(name);
    const fmt::format_int digits(*value);
    literal({digits.data(), digits.size()});
  }
  void flag_if(std::string_view name, const std::optional<bool>& value) {
    if (!value) return;
    literal(name);
    literal(*value ? "true" : "false");
  }
  void old_new_if(std::string_view name, const OldNew& value) {
    if (!value.before && !value.after) return;
    literal(name);
    integer_if(R"({"old":)", value.before);
    integer_if(value.before ? R"(,"new":)" : R"({"new":)", value.after);
    *at_++ = '}';
  }

 private:
  char* at_;
};

// At least what encode_record() writes: 420 bytes of names, punctuation, numbers, id and time, and the texts.
std::size_t room_for_record(const Change& change) {
  constexpr std::size_t kWithoutTexts = 512;
  std::size_t room =
      kWithoutTexts + json_escaped_room(change.domain.size()) + json_escaped_room(change.title.size());
  for (const auto& text : {change.user, change.type, change.wiki, change.uri}) {
    if (text) room += json_escaped_room(text->size());
  }
  return room;
}

// Text that stays where it is until clear(): simdjson's own buffer is reused from one document to the next.
class Arena {
 public:
  void clear(std::size_t expected) {
    if (blocks_.size() > 1 || (expected > 0 && (blocks_.empty() || blocks_.front().size < expected))) {
      blocks_.clear();
    }
    if (blocks_.empty() && expected > 0) grow(expected);
    used_ = 0;
  }
  char* take(std::size_t bytes) {
    if (blocks_.empty() || blocks_.back().size - used_ < bytes) grow(bytes);
    char* const at = blocks_.back().bytes.get() + used_;
    used_ += bytes;
    return at;
  }
  std::string_view keep(std::string_view text) {
    char* const at = take(text.size());
    std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
  }

 private:
  static constexpr std::size_t kLeastBlock = 64 * 1024;
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  void grow(std::size_t bytes) {
    const std::size_t size = std::max(bytes, kLeastBlock);
    blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
    used_ = 0;
  }
  std::vector<Block> blocks_;
  std::size_t used_ = 0;
};

tl::unexpected<Error> not_a_string(std::string_view name) {
  return bad_input("field '" + std::string(name) + "' is not a string");
}

}  // namespace

struct RecordDecoder::State {
  simdjson::ondemand::parser parser;
  Arena arena;

  // Copies `value` to where the parser may read beyond its end, and begins to read it.
  Result<simdjson::ondemand::document> begin(std::string_view value) {
    char* const text = arena.take(value.size() + json::kPadding);
    std::memcpy(text, value.data(), value.size());
    std::memset(text + value.size(), ' ', json::kPadding);
    simdjson::ondemand::document document;
    const auto code = json::begin(parser, text, value.size(), document);
    if (code != simdjson::SUCCESS) return not_json(code);
    return document;
  }

  static tl::unexpected<Error> not_json(simdjson::error_code code) {
    return bad_input(std::string("not JSON: ") + simdjson::error_message(code));
  }

  // A string that outlives the document. Without escapes it lies in the arena already.
  json::Presence read_stable(json::Value& value, std::string_view& out) {
    bool unescaped = false;
    const auto presence = json::read_string(value, out, unescaped);
    if (presence == json::Presence::present && unescaped) out = arena.keep(out);
    return presence;
  }
};

RecordDecoder::RecordDecoder() : state_(std::make_unique<State>()) {}
RecordDecoder::~RecordDecoder() = default;

void RecordDecoder::clear(std::size_t room) { state_->arena.clear(room); }

// The value itself, and once more for what has to be unescaped.
std::size_t RecordDecoder::room_for(std::size_t value_bytes) { return 2 * value_bytes + json::kPadding; }

namespace {

// The three names that decide where a record counts.
struct Names {
  std::string_view domain;
  std::string_view title;
  std::optional<std::string_view> user;
};

Result<void> check(const Names& names) {
  if (names.domain.empty()) return bad_input("no 'domain'");
  if (names.title.empty()) return bad_input("no 'title'");
  const std::size_t user_bytes = names.user ? names.user->size() : 0;
  if (names.domain.size() > kMaxNameBytes || names.title.size() > kMaxNameBytes ||
      user_bytes > kMaxNameBytes) {
    return bad_input("a name of more than " + std::to_string(kMaxNameBytes) + " bytes");
  }
  return {};
}

}  // namespace

// Reads every field of `value` in one pass; `other(name, value)` gets those that do not decide the count.
template <typename State, typename Other>
Result<Names> read_names(State& state, std::string_view value, Other&& other) {
  auto document = state.begin(value);
  if (!document) return tl::make_unexpected(document.error());
  json::Object object;
  if (document->get_object().get(object) != simdjson::SUCCESS) return bad_input("not a JSON object");
  Names names;
  std::string_view wrong;
  const auto read = [&](std::string_view name, json::Value& field, std::string_view& out) {
    const auto presence = state.read_stable(field, out);
    if (presence == json::Presence::wrong) wrong = name;
    return presence;
  };
  const bool ok = json::for_each_field(object, [&](std::string_view name, json::Value& field) {
    if (name == "domain") {
      read("domain", field, names.domain);
    } else if (name == "title") {
      read("title", field, names.title);
    } else if (name == "user") {
      std::string_view user;
      if (read("user", field, user) == json::Presence::present) names.user = user;
    } else {
      other(name, field);
    }
    return wrong.empty();
  });
  if (!wrong.empty()) return not_a_string(wrong);
  if (!ok) return bad_input("not a whole JSON object");
  if (!json::at_end(*document)) return bad_input("something follows the JSON object");
  if (auto checked = check(names); !checked) return tl::make_unexpected(checked.error());
  return names;
}

Result<Counted> RecordDecoder::decode_counted(std::string_view value, std::optional<EventId>* event_id) {
  if (event_id != nullptr) event_id->reset();
  const auto names = read_names(*state_, value, [&](std::string_view name, json::Value& field) {
    if (event_id == nullptr || name != "event_id") return;
    if (const auto text = json::string_or_nothing(field)) *event_id = EventId::parse_uuid(*text);
  });
  if (!names) return tl::make_unexpected(names.error());
  return Counted{names->domain, names->user};
}

Result<Change> RecordDecoder::decode(std::string_view value) {
  Change change;
  std::optional<std::string_view> event_id;
  const auto stable = [&](json::Value& field) -> std::optional<std::string_view> {
    std::string_view text;
    if (state_->read_stable(field, text) != json::Presence::present) return std::nullopt;
    return text;
  };
  const auto names = read_names(*state_, value, [&](std::string_view name, json::Value& field) {
    if (name == "event_id") event_id = stable(field);
    if (name == "dt") {
      if (const auto dt = json::string_or_nothing(field)) change.dt = parse_rfc3339(*dt);
    }
    if (name == "type") change.type = stable(field);
    if (name == "wiki") change.wiki = stable(field);
    if (name == "uri") change.uri = stable(field);
    if (name == "namespace") change.ns = json::integer_or_nothing(field);
    if (name == "bot") change.bot = json::bool_or_nothing(field);
    if (name == "minor") change.minor = json::bool_or_nothing(field);
    if (name == "length") change.length = json::old_new(field);
    if (name == "revision") change.revision = json::old_new(field);
  });
  if (!names) return tl::make_unexpected(names.error());
  const auto id = event_id ? EventId::parse_uuid(*event_id) : std::nullopt;
  change.id = id ? *id : EventId::derive_from_bytes(value);
  change.domain = names->domain;
  change.title = names->title;
  change.user = names->user;
  return change;
}

void encode_record(const Change& change, std::string& out) {
  out.resize(room_for_record(change));
  FieldWriter fields(out.data());
  fields.text(R"({"domain":)", change.domain);
  fields.text(R"(,"title":)", change.title);
  fields.text_if(R"(,"user":)", change.user);
  fields.id(R"(,"event_id":)", change.id);
  fields.time_if(R"(,"dt":)", change.dt);
  fields.text_if(R"(,"type":)", change.type);
  fields.integer_if(R"(,"namespace":)", change.ns);
  fields.text_if(R"(,"wiki":)", change.wiki);
  fields.flag_if(R"(,"bot":)", change.bot);
  fields.flag_if(R"(,"minor":)", change.minor);
  fields.old_new_if(R"(,"length":)", change.length);
  fields.old_new_if(R"(,"revision":)", change.revision);
  fields.text_if(R"(,"uri":)", change.uri);
  fields.literal("}");
  out.resize(static_cast<std::size_t>(fields.end() - out.data()));
}

void encode_gap(std::optional<Millis> from, std::optional<Millis> to, std::string& out) {
  const auto append = [&out](std::optional<Millis> time) {
    if (!time) {
      out += "null";
      return;
    }
    out.push_back('"');
    append_rfc3339(*time, out);
    out.push_back('"');
  };
  out = R"({"type":"gap","from":)";
  append(from);
  out += R"(,"to":)";
  append(to);
  out.push_back('}');
}

void encode_key(const Change& change, std::string& out) {
  out.assign(change.wiki.value_or(change.domain));
  out.push_back('\0');
  out.append(change.title);
}

}  // namespace wikiflow
