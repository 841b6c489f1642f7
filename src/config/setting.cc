#include "config/setting.h"

#include "config/address.h"
#include "config/value.h"

namespace wikiflow::config {
namespace {

using Accepted = Result<std::string>;

bool has_control(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') return true;
  }
  return false;
}

Accepted accept_choice(const Setting& setting, std::string_view text) {
  std::string allowed;
  for (const auto& choice : setting.choices) {
    if (text == choice.name || (!choice.alias.empty() && text == choice.alias)) return choice.name;
    allowed += (allowed.empty() ? "" : ", ") + choice.name;
    if (!choice.alias.empty()) allowed += " (or " + choice.alias + ")";
  }
  return bad_input("this version supports " + allowed);
}

template <typename Value, typename Format>
Accepted within(const Setting& setting, std::string_view text, Value value, Format format) {
  const bool low = value < static_cast<Value>(setting.min);
  if (!low && value <= static_cast<Value>(setting.max)) return std::string(text);
  if (setting.max == INT64_MAX) return bad_input("must be at least " + format(setting.min));
  return bad_input("must be from " + format(setting.min) + " to " + format(setting.max));
}

Accepted accept_value(const Setting& setting, std::string_view text) {
  const auto itself = [&] { return std::string(text); };
  const auto decimal = [](std::int64_t n) { return std::to_string(n); };
  switch (setting.kind) {
    case Kind::choice:
      return accept_choice(setting, text);
    case Kind::integer:
      return parse_integer(text).and_then([&](auto n) { return within(setting, text, n, decimal); });
    case Kind::number:
      return parse_number(text).and_then([&](auto n) { return within(setting, text, n, decimal); });
    case Kind::duration:
      return parse_duration(text).and_then([&](auto d) {
        return within(setting, text, d.count(),
                      [](std::int64_t ms) { return format_duration(std::chrono::milliseconds{ms}); });
      });
    case Kind::boolean:
    case Kind::toggle:
      return parse_bool(text).map([](bool on) { return std::string(on ? "true" : "false"); });
    case Kind::hosts:
      return parse_hosts(text).map([](const auto& hosts) {
        std::string joined;
        for (const auto& host : hosts) joined += (joined.empty() ? "" : ",") + host;
        return joined;
      });
    case Kind::url:
      return check_url(text).map(itself);
    case Kind::address:
      return parse_address(text).map([](const Address& address) { return to_string(address); });
    case Kind::topic:
      return check_topic(text).map(itself);
    case Kind::from:
      return parse_from(text).map([&](const From&) { return itself(); });
    case Kind::text:
    case Kind::path:
    case Kind::secret:
      break;
  }
  if (text.find('\0') != std::string_view::npos) return bad_input("holds a NUL byte");
  if (setting.kind == Kind::text && has_control(text)) return bad_input("holds a control character");
  return itself();
}

std::string_view without_space(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string flag_of(std::string_view name) {
  std::string flag = "--";
  for (const char c : name) {
    flag.push_back(c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return flag;
}

Result<std::string> accept(const Setting& setting, std::string_view text) {
  if (setting.kind == Kind::secret) return accept_value(setting, text);
  text = without_space(text);
  if (!setting.word.empty() && text == setting.word) return setting.word;
  auto accepted = accept_value(setting, text);
  if (!accepted && !setting.word.empty()) return bad_input(accepted.error().what + "; or " + setting.word);
  return accepted;
}

}  // namespace wikiflow::config
