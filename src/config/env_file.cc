#include "config/env_file.h"

#include <optional>

namespace wikiflow::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kExport = "export";

bool blank(char c) { return c == ' ' || c == '\t'; }

bool name_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool name_part(char c) { return name_start(c) || (c >= '0' && c <= '9'); }

void skip_blanks(std::string_view& text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
}

void trim_end(std::string_view& text) {
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
}

std::string_view take_name(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && name_part(text[length])) ++length;
  const auto name = text.substr(0, length);
  text.remove_prefix(length);
  return name;
}

// What follows a closing quote may only be blanks and a comment.
Result<void> end_of_line(std::string_view rest) {
  const bool apart = !rest.empty() && blank(rest.front());
  skip_blanks(rest);
  if (rest.empty() || (apart && rest.front() == '#')) return {};
  return bad_input("text after the closing quote");
}

std::optional<char> unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '\\':
    case '"':
    case '\'':
    case '$':
      return c;
    default:
      return std::nullopt;
  }
}

Result<std::string> double_quoted(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return end_of_line(text.substr(i + 1)).map([&] { return value; });
    if (text[i] != '\\') {
      value.push_back(text[i]);
      continue;
    }
    if (++i == text.size()) break;
    const auto plain = unescape(text[i]);
    if (!plain) {
      return bad_input(std::string("unknown escape \\") + text[i] +
                       " in double quotes; write \\\\ for a backslash, or use single quotes");
    }
    value.push_back(*plain);
  }
  return bad_input("no closing double quote on this line");
}

Result<std::string> single_quoted(std::string_view text) {
  const auto end = text.find('\'');
  if (end == std::string_view::npos) return bad_input("no closing single quote on this line");
  return end_of_line(text.substr(end + 1)).map([&] { return std::string(text.substr(0, end)); });
}

std::string unquoted(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#' && (i == 0 || blank(text[i - 1]))) {
      text = text.substr(0, i);
      break;
    }
  }
  trim_end(text);
  return std::string(text);
}

Result<std::string> take_value(std::string_view text) {
  const bool apart = !text.empty() && blank(text.front());
  skip_blanks(text);
  if (text.empty()) return std::string{};
  if (text.front() == '"') return double_quoted(text.substr(1));
  if (text.front() == '\'') return single_quoted(text.substr(1));
  if (text.front() == '#' && !apart) return bad_input("a value that begins with '#' must be quoted");
  return unquoted(text);
}

// Without a name for a line that sets nothing.
Result<EnvEntry> parse_line(std::string_view line) {
  if (line.find('\0') != std::string_view::npos) return bad_input("a NUL byte");
  skip_blanks(line);
  if (line.empty() || line.front() == '#') return EnvEntry{};
  if (line.starts_with(kExport) && line.size() > kExport.size() && blank(line[kExport.size()])) {
    line.remove_prefix(kExport.size());
    skip_blanks(line);
  }
  const auto name = take_name(line);
  if (name.empty() || !name_start(name.front())) {
    return bad_input("expected NAME=value; a name is letters, digits and '_', and begins with no digit");
  }
  skip_blanks(line);
  if (line.empty() || line.front() != '=') {
    return bad_input("expected '=' after " + std::string(name));
  }
  auto value = take_value(line.substr(1));
  if (!value) return tl::make_unexpected(value.error());
  return EnvEntry{std::string(name), std::move(*value), 0};
}

}  // namespace

Result<std::vector<EnvEntry>> parse_env_file(std::string_view text) {
  if (text.size() > kMaxEnvFileBytes) {
    return bad_input("larger than " + std::to_string(kMaxEnvFileBytes) + " bytes");
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<EnvEntry> entries;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto entry = parse_line(line);
    if (!entry) return bad_input("line " + std::to_string(number) + ": " + entry.error().what);
    if (entry->name.empty()) continue;
    entry->line = number;
    entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace wikiflow::config
