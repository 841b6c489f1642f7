#include "config/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <set>
#include <sstream>

#include "config/manual.h"
#include "config/resolve.h"
#include "config/settings.h"
#include "config/suggest.h"

namespace wikiflow::config {
namespace {

// What CLI11 made of the words, before any of it means something.
struct Words {
  std::string command;
  bool help = false;
  bool version = false;
  bool print_config = false;
  std::string manual;  // the name to print it for; empty: not asked for
  std::string completion;
  Given given;
  std::vector<std::string> leftover;  // neither a known flag nor a command
};

// All flags of all commands are known to the one parser, so that they may stand anywhere; which of them the
// command takes is checked afterwards.
class Parser {
 public:
  explicit Parser(const CommandLine& line) {
    app_.set_help_flag("");
    app_.allow_extras();
    app_.fallthrough();
    app_.require_subcommand(0, 1);
    help_ = app_.add_flag("--help,-h");
    version_ = app_.add_flag("--version");
    print_config_ = app_.add_flag("--print-config");
    env_file_ = last_wins(app_.add_option("--env-file"));
    app_.add_option("--print-manual", manual_);
    app_.add_option("--print-completion", completion_);
    app_.add_option("-X", properties_)->allow_extra_args(false);
    for (const auto& command : line.commands) {
      add_command(command.name);
      for (const auto& row : rows_of(command)) add_row(row);
    }
  }

  // Error: usage, in CLI11's words.
  Result<Words> parse(std::span<const std::string> arguments) {
    try {
      // CLI11 takes the words off the end.
      app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
      return bad_input(error.what());
    }
    Words words{.command = chosen(),
                .help = help_->count() > 0,
                .version = version_->count() > 0,
                .print_config = print_config_->count() > 0,
                .manual = manual_,
                .completion = completion_,
                .given = {},
                .leftover = app_.remaining(true)};
    for (const auto& [name, option] : options_) {
      if (option->count() == 0) continue;
      words.given.flags[name] = option->results().back();
    }
    words.given.properties = properties_;
    if (env_file_->count() > 0) words.given.env_file = env_file_->results().back();
    return words;
  }

 private:
  static CLI::Option* last_wins(CLI::Option* option) {
    return option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }

  void add_command(const std::string& name) {
    CLI::App* parent = &app_;
    std::istringstream words(name);
    std::string path;
    for (std::string word; words >> word;) {
      path += word + " ";
      auto& command = commands_[path];
      if (command == nullptr) {
        command = parent->add_subcommand(word);
        command->set_help_flag("");
      }
      parent = command;
    }
  }

  void add_row(const Setting& row) {
    if (options_.contains(row.name)) return;
    const auto flag = flag_of(row.name);
    options_[row.name] = row.kind == Kind::toggle ? app_.add_flag(flag) : last_wins(app_.add_option(flag));
    if (row.kind != Kind::secret) return;
    const auto name = row.name + kFileSuffix;
    options_[name] = last_wins(app_.add_option(flag_of(name)));
  }

  std::string chosen() const {
    std::string name;
    const CLI::App* at = &app_;
    while (!at->get_subcommands().empty()) {
      at = at->get_subcommands().front();
      name += (name.empty() ? "" : " ") + at->get_name();
    }
    return name;
  }

  CLI::App app_;
  CLI::Option* help_ = nullptr;
  CLI::Option* version_ = nullptr;
  CLI::Option* print_config_ = nullptr;
  CLI::Option* env_file_ = nullptr;
  std::map<std::string, CLI::App*> commands_;
  std::map<std::string, CLI::Option*> options_;
  std::vector<std::string> properties_;
  std::string manual_;
  std::string completion_;
};

std::vector<std::string> flags_of(const Command& command) {
  std::vector<std::string> flags{"--help", "--version"};
  if (command.program != kNobody) flags.insert(flags.end(), {"--print-config", "--env-file"});
  for (const auto& row : rows_of(command)) {
    flags.push_back(flag_of(row.name));
    if (row.kind == Kind::secret) flags.push_back(flag_of(row.name + kFileSuffix));
  }
  return flags;
}

class Reader {
 public:
  Reader(const CommandLine& line, const Environment& environment) : line_(line), environment_(environment) {}

  tl::expected<Invocation, Exit> read(std::span<const std::string> arguments);

 private:
  using Unexpected = tl::unexpected<Exit>;

  const Command* find(const std::string& name) const {
    const auto found = std::ranges::find(line_.commands, name, &Command::name);
    return found == line_.commands.end() ? nullptr : &*found;
  }
  std::string full_name(const Command& command) const {
    return command.name.empty() ? line_.name : line_.name + " " + command.name;
  }
  std::vector<std::string> command_names() const {
    std::vector<std::string> names;
    for (const auto& command : line_.commands) {
      if (!command.name.empty()) names.push_back(command.name);
    }
    return names;
  }
  Unexpected usage_error(const std::string& what) const {
    return Unexpected(
        Exit{ExitCode::usage, "", line_.name + ": " + what + "\nTry '" + line_.name + " --help'.\n"});
  }
  Unexpected no_command(const std::string& given) const;
  Unexpected leftover(const Command& command, const std::string& word) const;
  tl::expected<void, Exit> check_flags(const Command& command, const Given& given) const;

  const CommandLine& line_;
  const Environment& environment_;
};

Reader::Unexpected Reader::no_command(const std::string& given) const {
  std::string names;
  for (const auto& name : command_names()) names += (names.empty() ? "" : ", ") + name;
  return usage_error((given.empty() ? "a command is needed: " : "no command '" + given + "'; there is: ") +
                     names);
}

Reader::Unexpected Reader::leftover(const Command& command, const std::string& word) const {
  if (!word.starts_with('-') || word == "-" || word == "--") {
    return usage_error("unexpected argument '" + word + "'" + did_you_mean(word, command_names()));
  }
  const auto flag = word.substr(0, word.find('='));
  const bool of_another = std::ranges::any_of(
      settings(), [&](const Setting& row) { return row.programs != kNobody && flag_of(row.name) == flag; });
  if (of_another) return usage_error(flag + " is not an option of " + full_name(command));
  return usage_error("unknown flag " + flag + did_you_mean(flag, flags_of(command)));
}

tl::expected<void, Exit> Reader::check_flags(const Command& command, const Given& given) const {
  const auto takes = flags_of(command);
  for (const auto& [name, value] : given.flags) {
    const auto flag = flag_of(name);
    if (std::ranges::find(takes, flag) == takes.end()) {
      return usage_error(flag + " is not an option of " + full_name(command));
    }
  }
  if (!given.properties.empty() && !takes_properties(command.program)) {
    return usage_error("-X is not an option of " + full_name(command));
  }
  if (!given.env_file.empty() && command.program == kNobody) {
    return usage_error("--env-file is not an option of " + full_name(command));
  }
  return {};
}

tl::expected<Invocation, Exit> Reader::read(std::span<const std::string> arguments) {
  auto words = Parser(line_).parse(arguments);
  if (!words) return usage_error(words.error().what);
  const Command* command = find(words->command);
  if (words->help) {
    return Unexpected(Exit{ExitCode::ok, help_text(line_, command ? *command : Command{}), ""});
  }
  if (!words->manual.empty()) return Unexpected(Exit{ExitCode::ok, manual_page(line_, words->manual), ""});
  if (!words->completion.empty()) {
    return Unexpected(Exit{ExitCode::ok, bash_completion(line_, words->completion), ""});
  }
  if (words->version) return Unexpected(Exit{ExitCode::ok, line_.version() + "\n", ""});
  if (!words->leftover.empty()) return leftover(command ? *command : Command{}, words->leftover.front());
  if (command == nullptr) return no_command(words->command);
  if (auto good = check_flags(*command, words->given); !good) return Unexpected(good.error());

  words->given.takes_properties = takes_properties(command->program);
  const auto rows = rows_of(*command);
  auto resolved = resolve(rows, words->given, environment_);
  if (!resolved) return Unexpected(Exit{ExitCode::bad_config, "", resolved.error().what + "\n"});
  if (words->print_config) {
    std::string warnings;
    for (const auto& warning : resolved->warnings) warnings += "warning: " + warning + "\n";
    return Unexpected(Exit{ExitCode::ok, resolved->values.print(), warnings});
  }
  return Invocation{command->name, std::move(resolved->values), std::move(resolved->warnings)};
}

}  // namespace

tl::expected<Invocation, Exit> read_command_line(const CommandLine& line,
                                                 std::span<const std::string> arguments,
                                                 const Environment& environment) {
  return Reader(line, environment).read(arguments);
}

int leave(const Exit& exit) {
  std::fputs(exit.out.c_str(), stdout);
  std::fputs(exit.err.c_str(), stderr);
  return to_int(exit.code);
}

std::vector<std::string> arguments_of(int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) arguments.emplace_back(argv[i]);
  return arguments;
}

Setting option_toggle(std::string name, std::string help) {
  return {.name = std::move(name), .kind = Kind::toggle, .help = std::move(help), .flag_only = true};
}

Setting option(std::string name, Kind kind, std::string preset, std::string metavar, std::string help) {
  return {.name = std::move(name),
          .kind = kind,
          .preset = std::move(preset),
          .help = std::move(help),
          .metavar = std::move(metavar),
          .flag_only = true};
}

}  // namespace wikiflow::config
