#include <fmt/format.h>

#include "config/command_line.h"
#include "config/settings.h"

namespace wikiflow::config {
namespace {

std::string usage(const CommandLine& line) {
  std::string out;
  for (const auto& command : line.commands) {
    const auto words = command.name.empty() ? line.name : line.name + " " + command.name;
    out += fmt::format("{:<7}{:<42} {}\n", out.empty() ? "usage:" : "", words + " [options]", command.help);
  }
  return out;
}

std::string with_default(const Setting& setting) {
  const auto& shown = setting.shown.empty() ? setting.preset : setting.shown;
  if (shown.empty() || setting.kind == Kind::toggle) return setting.help;
  return setting.help.empty() ? "[" + shown + "]" : setting.help + " [" + shown + "]";
}

std::string option_line(const Setting& setting) {
  const auto flag = flag_of(setting.name) + (setting.metavar.empty() ? "" : " " + setting.metavar);
  return fmt::format("  {:<25} {}\n", flag, with_default(setting));
}

std::string setting_lines(Program program) {
  std::string out;
  for (const auto& setting : settings_of(program)) {
    out += fmt::format("  {:<25} {:<23} {}\n", flag_of(setting.name), setting.name, with_default(setting));
  }
  if (takes_properties(program)) {
    out += fmt::format("  {:<25} {:<23} {}\n", "-X name=value", "RDKAFKA_<PROPERTY>",
                       "a librdkafka property: -X security.protocol=ssl");
  }
  return out;
}

// Columns are padded also where nothing follows.
std::string without_trailing_blanks(const std::string& text) {
  std::string out;
  for (const char c : text) {
    while (c == '\n' && out.ends_with(' ')) out.pop_back();
    out.push_back(c);
  }
  return out;
}

}  // namespace

std::string help_text(const CommandLine& line, const Command& command) {
  std::string out = line.name + ": " + line.summary + "\n" + usage(line);
  if (command.program != kNobody) {
    out += "\nsettings: by flag, else from the environment, else from .env, else the [default]\n";
    out += setting_lines(command.program);
  }
  const bool others = command.program != kNobody || !command.options.empty();
  out += others ? "\noptions, beside --help and --version:\n" : "\noptions: --help, --version\n";
  for (const auto& option : command.options) out += option_line(option);
  if (command.program != kNobody) {
    out += fmt::format("  {:<25} {}\n", "--env-file PATH", "read settings from this file instead of ./.env");
    out += fmt::format("  {:<25} {}\n", "--print-config", "show each setting's value and where it came from");
  }
  return without_trailing_blanks(out);
}

}  // namespace wikiflow::config
