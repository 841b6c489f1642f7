#include "config/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/exit_codes.h"
#include "config/settings.h"

namespace wikiflow::config {
namespace {

// Text that groff shows as it stands.
std::string plain(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out = "\\&";
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + plain(text) + "\\fR"; }
std::string section(std::string_view title) { return fmt::format(".SH {}\n", title); }
std::string entry(const std::string& what, const std::string& text) {
  return fmt::format(".TP\n{}\n{}\n", what, text);
}

std::string values_of(const Setting& row) {
  std::string out;
  for (const auto& choice : row.choices) out += (out.empty() ? "" : ", ") + choice.name;
  return out;
}

std::string described(const Setting& row) {
  std::string text = plain(row.help);
  // Some say in their few words what there is to choose from.
  const auto values = values_of(row);
  if (!values.empty() && row.help.find(values) == std::string::npos) text += ": " + plain(values);
  text += '.';
  if (!row.preset.empty() && row.kind != Kind::toggle) text += " Default: " + plain(row.preset) + ".";
  if (!row.word.empty() && row.word != row.preset) text += " Or " + plain(row.word) + ".";
  return text;
}

bool takes(const Command& command, const std::string& name) {
  const auto rows = rows_of(command);
  return std::ranges::find(rows, name, &Setting::name) != rows.end();
}

// Which commands take it, where that are not all. `health` takes what the program itself does.
std::string takers(const CommandLine& line, const std::string& name) {
  std::string out;
  bool all = true;
  for (const auto& command : line.commands) {
    if (command.program == kNobody || command.name == "health") continue;
    if (!takes(command, name)) {
      all = false;
      continue;
    }
    out += (out.empty() ? "" : ", ") + (command.name.empty() ? "no command" : command.name);
  }
  return all ? "" : " With: " + plain(out) + ".";
}

// Each setting or option of any command once.
std::vector<Setting> all_rows(const CommandLine& line, bool options) {
  std::vector<Setting> all;
  std::set<std::string> seen;
  for (const auto& command : line.commands) {
    for (auto& row : rows_of(command)) {
      if (row.flag_only == options && seen.insert(row.name).second) all.push_back(std::move(row));
    }
  }
  return all;
}

bool any_takes_properties(const CommandLine& line) {
  return std::ranges::any_of(line.commands,
                             [](const Command& command) { return takes_properties(command.program); });
}

std::string synopsis(const CommandLine& line, const std::string& name) {
  std::string out = section("SYNOPSIS");
  for (const auto& command : line.commands) {
    out +=
        bold(command.name.empty() ? name : name + " " + command.name) + " [" + italic("options") + "]\n.br\n";
  }
  return out;
}

std::string commands(const CommandLine& line) {
  std::string out = section("COMMANDS");
  for (const auto& command : line.commands) {
    if (!command.name.empty()) out += entry(bold(command.name), plain(command.help) + ".");
  }
  return out;
}

std::string settings_section(const CommandLine& line) {
  std::string out =
      section("SETTINGS") +
      "By flag, else from the environment, else from a file .env in the current folder, else the "
      "default.\n";
  for (const auto& row : all_rows(line, false)) {
    std::string names = bold(flag_of(row.name)) + ", " + italic(row.name);
    if (row.kind == Kind::secret)
      names += ", " + bold(flag_of(row.name + "_FILE")) + ", " + italic(row.name + "_FILE");
    out += entry(names, described(row) + takers(line, row.name));
  }
  if (any_takes_properties(line)) {
    out += entry(bold("-X ") + italic("name=value") + ", " + italic("RDKAFKA_<PROPERTY>"),
                 "A property of librdkafka: " + plain("-X security.protocol=ssl") + ".");
  }
  return out;
}

std::string options_section(const CommandLine& line) {
  std::string out = section("OPTIONS");
  for (const auto& row : all_rows(line, true)) {
    const auto metavar = row.metavar.empty() ? "" : " " + italic(row.metavar);
    out += entry(bold(flag_of(row.name)) + metavar, described(row) + takers(line, row.name));
  }
  out += entry(bold("--env-file ") + italic("path"), "Read settings from this file instead of ./.env.");
  out += entry(bold("--print-config"), "Show each setting's value and where it came from, and end.");
  out += entry(bold("--help") + ", " + bold("--version"), "Show that, and end.");
  return out;
}

std::string exit_status() {
  std::string out = section("EXIT STATUS");
  const auto code = [](ExitCode value) { return bold(std::to_string(to_int(value))); };
  out += entry(code(ExitCode::ok), "It did what was asked, or was asked to stop.");
  out += entry(code(ExitCode::unwell), "health: the program does not answer, or is stopping.");
  out += entry(code(ExitCode::usage), "The command line cannot be understood.");
  out += entry(code(ExitCode::unavailable), "A dependency was out of reach for longer than GIVE_UP_AFTER.");
  out += entry(code(ExitCode::bug), "Something that must not happen: please report it.");
  out += entry(code(ExitCode::bad_config), "A setting has a value that cannot be used.");
  return out;
}

// --- bash
// ---------------------------------------------------------------------------------------------------

bool has_value(const Setting& row) { return row.kind != Kind::toggle; }

std::string flags_for(const Command& command) {
  std::string flags = "--help --version";
  if (command.program != kNobody) flags += " --print-config --env-file";
  if (takes_properties(command.program)) flags += " -X";
  for (const auto& row : rows_of(command)) {
    flags += " " + flag_of(row.name);
    if (row.kind == Kind::secret) flags += " " + flag_of(row.name + "_FILE");
  }
  return flags;
}

// The words that can follow `typed`, which is empty or words of a command with a blank behind.
std::string next_words(const CommandLine& line, const std::string& typed) {
  std::set<std::string> words;
  for (const auto& command : line.commands) {
    if (!command.name.starts_with(typed) || command.name.size() == typed.size()) continue;
    const auto rest = command.name.substr(typed.size());
    words.insert(rest.substr(0, rest.find(' ')));
  }
  return fmt::format("{}", fmt::join(words, " "));
}

// Every beginning of a command: "", "store", "store init".
std::set<std::string> beginnings(const CommandLine& line) {
  std::set<std::string> all{""};
  for (const auto& command : line.commands) {
    for (auto at = command.name.find(' '); at != std::string::npos; at = command.name.find(' ', at + 1)) {
      all.insert(command.name.substr(0, at));
    }
    all.insert(command.name);
  }
  return all;
}

std::string words_by_command(const CommandLine& line) {
  std::string out;
  for (const auto& typed : beginnings(line)) {
    const auto command = std::ranges::find(line.commands, typed, &Command::name);
    const auto next = next_words(line, typed.empty() ? "" : typed + " ");
    std::string words = command == line.commands.end() ? "--help --version" : flags_for(*command);
    if (!next.empty()) words.insert(0, next + " ");
    out += fmt::format("    '{}') words='{}' ;;\n", typed, words);
  }
  return out;
}

std::string values_by_flag(const CommandLine& line) {
  std::string choices;
  std::string paths = "--env-file";
  std::set<std::string> seen;
  for (const auto& command : line.commands) {
    for (const auto& row : rows_of(command)) {
      if (!seen.insert(row.name).second) continue;
      if (row.kind == Kind::path) paths += " | " + flag_of(row.name);
      if (row.kind == Kind::secret) paths += " | " + flag_of(row.name + "_FILE");
      std::string values;
      for (const auto& choice : row.choices) values += (values.empty() ? "" : " ") + choice.name;
      if (row.kind == Kind::boolean) values = "true false";
      if (values.empty()) continue;
      choices += fmt::format("    {}) mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\"); return ;;\n",
                             flag_of(row.name), values);
    }
  }
  return choices +
         fmt::format("    {}) mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n", paths);
}

std::string flags_with_values(const CommandLine& line) {
  std::set<std::string> flags{"--env-file", "-X"};
  for (const auto& command : line.commands) {
    for (const auto& row : rows_of(command)) {
      if (has_value(row)) flags.insert(flag_of(row.name));
      if (row.kind == Kind::secret) flags.insert(flag_of(row.name + "_FILE"));
    }
  }
  return fmt::format("{}", fmt::join(flags, " | "));
}

}  // namespace

std::vector<Setting> rows_of(const Command& command) {
  auto rows = settings_of(command.program);
  rows.insert(rows.end(), command.options.begin(), command.options.end());
  return rows;
}

std::string manual_page(const CommandLine& line, const std::string& name) {
  const auto version = line.version();
  std::string title = name;
  std::ranges::transform(title, title.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return fmt::format(".TH {} 1 \"\" \"{}\" \"User Commands\"\n", plain(title),
                     version.substr(0, version.find('\n'))) +
         section("NAME") + plain(name) + " \\- " + plain(line.summary) + "\n" + synopsis(line, name) +
         commands(line) + settings_section(line) + options_section(line) + exit_status();
}

std::string bash_completion(const CommandLine& line, const std::string& name) {
  std::string function = "_" + name;
  std::ranges::replace(function, '-', '_');
  return fmt::format(R"(# Completion of {name} for bash.
{function}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} command='' words='' skip='' word
  case $previous in
{values}    {valued}) return ;;
  esac
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    if [[ $skip ]]; then skip=''; continue; fi
    case $word in
      {valued}) skip=1 ;;
      -*) ;;
      *) command+=${{command:+ }}$word ;;
    esac
  done
  case $command in
{words}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -F {function} {name}
)",
                     fmt::arg("name", name), fmt::arg("function", function),
                     fmt::arg("values", values_by_flag(line)), fmt::arg("valued", flags_with_values(line)),
                     fmt::arg("words", words_by_command(line)));
}

}  // namespace wikiflow::config
