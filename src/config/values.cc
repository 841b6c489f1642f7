#include "config/values.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "config/exit_codes.h"
#include "config/settings.h"

namespace wikiflow::config {
namespace {

constexpr const char* kMask = "********";
constexpr std::size_t kOriginColumn = 56;

// So that parse_env_file() reads `text` back.
std::string quoted(const std::string& text) {
  const bool plain = text.find_first_of("#\"'\\\n\r\t") == std::string::npos && !text.starts_with(' ') &&
                     !text.ends_with(' ');
  if (plain) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
  }
  return out + "\"";
}

std::string shown(Kind kind, const std::string& text) {
  if (kind == Kind::secret) return kMask;
  return quoted(kind == Kind::url ? mask_url(text) : text);
}

std::string line(std::string assignment, const std::string& comment) {
  if (assignment.size() < kOriginColumn) assignment.resize(kOriginColumn, ' ');
  return assignment + " # " + comment + "\n";
}

[[noreturn]] void unknown_name(std::string_view name) {
  std::fprintf(stderr, "bug: no setting is called %.*s\n", static_cast<int>(name.size()), name.data());
  std::exit(to_int(ExitCode::bug));
}

}  // namespace

void Values::put(const Setting& setting, Value value) { rows_.push_back({setting, std::move(value)}); }

const Values::Row& Values::row(std::string_view name) const {
  const auto found = std::ranges::find_if(rows_, [&](const Row& row) { return row.setting.name == name; });
  if (found == rows_.end()) unknown_name(name);
  return *found;
}

const Value& Values::at(std::string_view name) const { return row(name).value; }

bool Values::on(std::string_view name) const { return at(name).text == "true"; }

std::int64_t Values::integer(std::string_view name) const { return parse_integer(text(name)).value_or(0); }

double Values::number(std::string_view name) const { return parse_number(text(name)).value_or(0); }

std::chrono::milliseconds Values::duration(std::string_view name) const {
  return parse_duration(text(name)).value_or(std::chrono::milliseconds{0});
}

std::vector<std::string> Values::hosts(std::string_view name) const {
  return parse_hosts(text(name)).value_or(std::vector<std::string>{});
}

Address Values::address(std::string_view name) const { return parse_address(text(name)).value_or(Address{}); }

From Values::from(std::string_view name) const { return parse_from(text(name)).value_or(From{}); }

std::optional<std::int64_t> Values::maybe_integer(std::string_view name) const {
  if (stands_for_nothing(row(name))) return std::nullopt;
  return integer(name);
}

std::optional<std::chrono::milliseconds> Values::maybe_duration(std::string_view name) const {
  if (stands_for_nothing(row(name))) return std::nullopt;
  return duration(name);
}

std::string Values::print() const {
  std::string out;
  for (const auto& [setting, value] : rows_) {
    if (setting.flag_only) continue;
    out += value.set ? line(setting.name + "=" + shown(setting.kind, value.text), value.where)
                     : line(setting.name + "=", "not set");
  }
  for (const auto& [name, value] : properties_) {
    const auto kind = secret_property(name) ? Kind::secret : Kind::text;
    out += line(variable_of(name) + "=" + shown(kind, value.text), value.where);
  }
  return out;
}

}  // namespace wikiflow::config
