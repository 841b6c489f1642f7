#include "source/decode.h"

#include <algorithm>
#include <string>

#include "event/json.h"

namespace wikiflow::source {
namespace {

constexpr std::string_view kCanaryDomain = "canary";

// What `meta` says of identity and origin.
struct Meta {
  std::string_view domain;
  std::optional<std::string_view> id;
  std::optional<std::string_view> topic;
  std::optional<std::int64_t> partition;
  std::optional<std::int64_t> offset;

  bool has_id() const { return id && !id->empty(); }
};

// While one event is read: what was found, and the first field of a wrong type.
struct Reading {
  Change change;
  Meta meta;
  std::string_view wrong;

  void must_be_string(std::string_view name, json::Value& value, std::string_view& out) {
    if (json::read_string(value, out) == json::Presence::wrong) wrong = name;
  }
  void user(json::Value& value) {
    std::string_view text;
    const auto presence = json::read_string(value, text);
    if (presence == json::Presence::wrong) wrong = "user";
    if (presence == json::Presence::present) change.user = text;
  }
};

std::optional<std::string_view> bounded(std::optional<std::string_view> text, std::size_t limit) {
  return text && text->size() <= limit ? text : std::nullopt;
}

// What only an event without an id is known by is read only until the id was.
void read_meta_field(Reading& reading, std::string_view name, json::Value& value) {
  Meta& meta = reading.meta;
  switch (name.size()) {
    case 2:
      if (name == "id") meta.id = json::string_or_nothing(value);
      if (name == "dt") {
        if (const auto dt = json::string_or_nothing(value)) reading.change.dt = parse_rfc3339(*dt);
      }
      break;
    case 3:
      if (name == "uri") reading.change.uri = bounded(json::string_or_nothing(value), kMaxUriBytes);
      break;
    case 5:
      if (name == "topic" && !meta.has_id()) meta.topic = json::string_or_nothing(value);
      break;
    case 6:
      if (name == "domain") reading.must_be_string("meta.domain", value, meta.domain);
      if (name == "offset" && !meta.has_id()) meta.offset = json::integer_or_nothing(value);
      break;
    case 9:
      if (name == "partition" && !meta.has_id()) meta.partition = json::integer_or_nothing(value);
      break;
    default:
      break;
  }
}

bool read_meta(Reading& reading, json::Value& value) {
  json::Object object;
  if (!json::read_object(value, object)) {
    reading.wrong = "meta";
    return false;
  }
  return json::for_each_field(object, [&](std::string_view name, json::Value& field) {
    read_meta_field(reading, name, field);
    return reading.wrong.empty();
  });
}

// False ends the reading: the object is broken. (A wrong type of title or user does not, as a canary may
// follow.)
bool read_field(Reading& reading, std::string_view name, json::Value& value) {
  Change& change = reading.change;
  switch (name.size()) {
    case 3:
      if (name == "bot") change.bot = json::bool_or_nothing(value);
      break;
    case 4:
      if (name == "meta") return read_meta(reading, value);
      if (name == "type") change.type = bounded(json::string_or_nothing(value), kMaxTagBytes);
      if (name == "user") reading.user(value);
      if (name == "wiki") change.wiki = bounded(json::string_or_nothing(value), kMaxTagBytes);
      break;
    case 5:
      if (name == "title") reading.must_be_string("title", value, change.title);
      if (name == "minor") change.minor = json::bool_or_nothing(value);
      break;
    case 6:
      if (name == "length") change.length = json::old_new(value);
      break;
    case 8:
      if (name == "revision") change.revision = json::old_new(value);
      break;
    case 9:
      if (name == "namespace") change.ns = json::integer_or_nothing(value);
      break;
    default:
      break;
  }
  return true;
}

EventId identity(const Meta& meta, std::string_view data) {
  if (meta.has_id()) {
    const auto id = EventId::parse_uuid(*meta.id);
    return id ? *id : EventId::derive_from_bytes(*meta.id);
  }
  if (meta.topic && meta.partition && meta.offset) {
    return EventId::derive_from_origin(*meta.topic, *meta.partition, *meta.offset);
  }
  return EventId::derive_from_bytes(data);
}

Result<void> check(const Reading& reading) {
  const Change& change = reading.change;
  if (!reading.wrong.empty())
    return bad_input("field '" + std::string(reading.wrong) + "' has the wrong type");
  if (change.domain.empty()) return bad_input("no 'meta.domain'");
  if (change.title.empty()) return bad_input("no 'title'");
  const std::size_t user_bytes = change.user ? change.user->size() : 0;
  if (std::max({change.domain.size(), change.title.size(), user_bytes}) > kMaxNameBytes) {
    return bad_input("a name of more than " + std::to_string(kMaxNameBytes) + " bytes");
  }
  return {};
}

}  // namespace

struct EventDecoder::State {
  simdjson::ondemand::parser parser;
  std::string padded;
  std::string_view refused_id;
};

EventDecoder::EventDecoder() : state_(std::make_unique<State>()) {}
EventDecoder::~EventDecoder() = default;

std::string_view EventDecoder::refused_id() const { return state_->refused_id; }

Result<Decoded> EventDecoder::decode(std::string_view data) {
  state_->refused_id = {};
  std::string& text = state_->padded;
  text.assign(data);
  text.append(json::kPadding, ' ');
  simdjson::ondemand::document document;
  const auto code = json::begin(state_->parser, text.data(), data.size(), document);
  if (code != simdjson::SUCCESS) return bad_input(std::string("not JSON: ") + simdjson::error_message(code));
  json::Object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) return bad_input("not a JSON object");

  Reading reading;
  const bool whole = json::for_each_field(
      object, [&](std::string_view name, json::Value& value) { return read_field(reading, name, value); });
  state_->refused_id = reading.meta.id.value_or(std::string_view());
  if (whole && reading.meta.domain == kCanaryDomain) return Decoded{.canary = true, .change = {}};
  reading.change.domain = reading.meta.domain;
  if (!whole && reading.wrong.empty()) return bad_input("not a whole JSON object");
  if (auto checked = check(reading); !checked) return tl::make_unexpected(checked.error());
  if (!json::at_end(document)) return bad_input("something follows the JSON object");
  reading.change.id = identity(reading.meta, data);
  return Decoded{.canary = false, .change = reading.change};
}

}  // namespace wikiflow::source
