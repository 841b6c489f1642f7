// Reading JSON objects field by field with simdjson on-demand, the way the decoders here need it.
//
// For event, source, sim and store only: simdjson shows in no other header. Fields that decide where a change
// is counted must have the schema's type; a field that does not matter for counting and has another type than
// the schema says is taken as unknown, so that a new kind of value there loses no change.
//
// Threads: none of its own; a parser belongs to one thread.

#pragma once

#include <simdjson.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "event/change.h"

namespace wikiflow::json {

using Value = simdjson::ondemand::value;
using Field = simdjson::ondemand::field;
using Object = simdjson::ondemand::object;
using Type = simdjson::ondemand::json_type;

// Bytes that must be readable behind any text given to the parser.
inline constexpr std::size_t kPadding = simdjson::SIMDJSON_PADDING;

// The field's name. Without an escape it is a view into the text; with one it is unescaped by simdjson.
inline simdjson::simdjson_result<std::string_view> key_of(Field& field) {
  const char* const raw = field.key().raw();
  const char* end = raw;
  while (*end != '"' && *end != '\\') ++end;
  if (*end == '\\') return field.unescaped_key();
  return std::string_view(raw, static_cast<std::size_t>(end - raw));
}

inline bool has_type(Value& value, Type wanted) {
  Type type{};
  return value.type().get(type) == simdjson::SUCCESS && type == wanted;
}

inline std::optional<std::int64_t> integer_or_nothing(Value& value) {
  std::int64_t number = 0;
  if (!has_type(value, Type::number) || value.get_int64().get(number) != simdjson::SUCCESS)
    return std::nullopt;
  return number;
}

inline std::optional<bool> bool_or_nothing(Value& value) {
  bool flag = false;
  if (!has_type(value, Type::boolean) || value.get_bool().get(flag) != simdjson::SUCCESS) return std::nullopt;
  return flag;
}

// False for anything but an object.
inline bool read_object(Value& value, Object& out) {
  return has_type(value, Type::object) && value.get_object().get(out) == simdjson::SUCCESS;
}

// After the whole object was read: nothing but white space follows.
inline bool at_end(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

enum class Presence { absent, present, wrong };

// A string that matters: null counts as absent, another type as wrong.
//
// Without an escape, which is nearly always, `out` is a view into the text given to the parser; otherwise it
// lies in the parser's own memory until it reads the next text, and `unescaped` is set. (simdjson would copy
// every string, a byte at a time where its kernel is chosen at compile time for any x86-64.)
inline Presence read_string(Value& value, std::string_view& out, bool& unescaped) {
  Type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return Presence::wrong;
  if (type != Type::string) {
    bool null = false;
    const bool is_null = value.is_null().get(null) == simdjson::SUCCESS && null;
    return is_null ? Presence::absent : Presence::wrong;
  }
  const std::string_view token = value.raw_json_token();
  const std::size_t end = token.rfind('"');
  if (end != 0 && end != std::string_view::npos && token.find('\\') == std::string_view::npos) {
    out = token.substr(1, end - 1);
    return Presence::present;
  }
  unescaped = true;
  return value.get_string().get(out) == simdjson::SUCCESS ? Presence::present : Presence::wrong;
}

inline Presence read_string(Value& value, std::string_view& out) {
  bool unescaped = false;
  return read_string(value, out, unescaped);
}

inline std::optional<std::string_view> string_or_nothing(Value& value) {
  std::string_view text;
  if (read_string(value, text) != Presence::present) return std::nullopt;
  return text;
}

// `text` must have kPadding readable bytes behind it and stay where it is while the document is read.
inline simdjson::error_code begin(simdjson::ondemand::parser& parser, const char* text, std::size_t size,
                                  simdjson::ondemand::document& out) {
  return parser.iterate(text, size, size + kPadding).get(out);
}

// Calls `on_field(name, value) -> bool` for each field, in order. False when the object is malformed, or when
// on_field says so.
//
// Fields and values are used where simdjson made them. A copy is read in other pieces than those it was just
// written in, which the processor must wait for: that was a fifth of all reading.
template <typename OnField>
bool for_each_field(Object& object, OnField&& on_field) {
  for (auto result : object) {
    if (result.error() != simdjson::SUCCESS) return false;
    Field&& field = std::move(result).value_unsafe();
    std::string_view name;
    if (key_of(field).get(name) != simdjson::SUCCESS) return false;
    if (!on_field(name, field.value())) return false;
  }
  return true;
}

// {"old":...,"new":...}, as length and revision have it; what is missing or of another type is unknown.
inline OldNew old_new(Value& value) {
  OldNew pair;
  Object object;
  if (!read_object(value, object)) return pair;
  for_each_field(object, [&](std::string_view name, Value& field) {
    if (name == "old") pair.before = integer_or_nothing(field);
    if (name == "new") pair.after = integer_or_nothing(field);
    return true;
  });
  return pair;
}

}  // namespace wikiflow::json
