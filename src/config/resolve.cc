#include "config/resolve.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "config/env_file.h"
#include "config/settings.h"
#include "config/suggest.h"

namespace wikiflow::config {
namespace {

constexpr const char* kDefaultEnvFile = ".env";

struct FileEntry {
  std::string value;
  std::size_t line = 0;
};

struct EnvFile {
  std::string path;
  std::map<std::string, FileEntry> entries;
};

class Resolver {
 public:
  Resolver(std::span<const Setting> settings, const Given& given, const Environment& environment)
      : settings_(settings), given_(given), environment_(environment) {}

  Result<Resolved> run() {
    read_env_file();
    for (const auto& setting : settings_) settle(setting);
    if (given_.takes_properties) settle_properties();
    if (errors_.empty()) return std::move(resolved_);
    std::string text;
    for (const auto& error : errors_) text += (text.empty() ? "" : "\n") + error;
    return bad_input(std::move(text));
  }

 private:
  void read_env_file();
  void warn_about(const EnvEntry& entry);
  void settle(const Setting& setting);
  void settle_properties();
  void add_property(std::map<std::string, Value>& found, const std::string& name, const Value& value);
  std::optional<Value> find(const std::string& name) const;
  std::optional<Value> find_secret(const std::string& name);
  std::optional<Value> from_flag(const std::string& name) const;
  std::optional<Value> from_environment(const std::string& name) const;
  std::optional<Value> from_file(const std::string& name) const;

  std::span<const Setting> settings_;
  const Given& given_;
  const Environment& environment_;
  EnvFile file_;
  Resolved resolved_;
  std::vector<std::string> errors_;
};

void Resolver::read_env_file() {
  file_.path = given_.env_file.empty() ? kDefaultEnvFile : given_.env_file;
  const auto content = environment_.read_file(file_.path);
  if (!content) {
    errors_.push_back(content.error().what);
    return;
  }
  if (!*content) {
    if (!given_.env_file.empty()) errors_.push_back("--env-file " + file_.path + ": no such file");
    return;
  }
  const auto entries = parse_env_file(**content);
  if (!entries) {
    errors_.push_back(file_.path + ": " + entries.error().what);
    return;
  }
  for (const auto& entry : *entries) {
    warn_about(entry);
    file_.entries[entry.name] = {entry.value, entry.line};
  }
}

// Whether a name may stand in `.env`; all of them, for the suggestion, when it may not.
std::optional<std::vector<std::string>> known_names_without(const std::string& name,
                                                            std::span<const Setting> own) {
  if (foreign_key(name) || !property_of(name).empty()) return std::nullopt;
  std::vector<std::string> known;
  const auto add = [&](const Setting& setting) {
    if (setting.flag_only) return;
    known.push_back(setting.name);
    if (setting.kind == Kind::secret) known.push_back(setting.name + kFileSuffix);
  };
  for (const auto& setting : own) add(setting);
  for (const auto& setting : config::settings()) add(setting);
  if (std::ranges::find(known, name) != known.end()) return std::nullopt;
  return known;
}

void Resolver::warn_about(const EnvEntry& entry) {
  const std::string place = file_.path + " line " + std::to_string(entry.line);
  if (const auto known = known_names_without(entry.name, settings_)) {
    resolved_.warnings.push_back(place + ": no setting is called " + entry.name +
                                 did_you_mean(entry.name, *known));
  }
  if (const auto before = file_.entries.find(entry.name); before != file_.entries.end()) {
    resolved_.warnings.push_back(place + ": " + entry.name + " was set on line " +
                                 std::to_string(before->second.line) + " already; this one counts");
  }
  if (entry.value.find("${") != std::string::npos) {
    resolved_.warnings.push_back(place + ": " + entry.name +
                                 " holds ${, which is taken as it is: there is no interpolation");
  }
}

std::optional<Value> Resolver::from_flag(const std::string& name) const {
  const auto found = given_.flags.find(name);
  if (found == given_.flags.end()) return std::nullopt;
  return Value{found->second, Origin::flag, flag_of(name), true};
}

std::optional<Value> Resolver::from_environment(const std::string& name) const {
  const auto found = environment_.variables.find(name);
  if (found == environment_.variables.end() || found->second.empty()) return std::nullopt;
  return Value{found->second, Origin::environment, "environment", true};
}

std::optional<Value> Resolver::from_file(const std::string& name) const {
  const auto found = file_.entries.find(name);
  if (found == file_.entries.end() || found->second.value.empty()) return std::nullopt;
  return Value{found->second.value, Origin::env_file,
               file_.path + " line " + std::to_string(found->second.line), true};
}

std::optional<Value> Resolver::find(const std::string& name) const {
  if (auto value = from_flag(name)) return value;
  if (auto value = from_environment(name)) return value;
  return from_file(name);
}

// NAME and NAME_FILE are one setting: the higher place wins, and both at one place is a mistake.
std::optional<Value> Resolver::find_secret(const std::string& name) {
  auto plain = find(name);
  auto file = find(name + kFileSuffix);
  if (!file || (plain && plain->origin > file->origin)) return plain;
  if (plain && plain->origin == file->origin) {
    errors_.push_back(name + ": " + name + kFileSuffix + " is set too (" + file->where +
                      "); keep one of them");
    return std::nullopt;
  }
  const auto content = environment_.read_file(file->text);
  if (!content || !*content) {
    errors_.push_back(name + kFileSuffix + "=" + file->text + " (" + file->where +
                      "): " + (content ? "no such file" : content.error().what));
    return std::nullopt;
  }
  std::string secret = **content;
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  return Value{std::move(secret), file->origin, file->text + " (" + file->where + ")", true};
}

void Resolver::settle(const Setting& setting) {
  std::optional<Value> value;
  if (setting.flag_only) {
    value = from_flag(setting.name);
  } else {
    value = setting.kind == Kind::secret ? find_secret(setting.name) : find(setting.name);
  }
  if (!value) value = Value{setting.preset, Origin::preset, "default", !setting.preset.empty()};
  if (value->set) {
    auto accepted = accept(setting, value->text);
    if (accepted) {
      value->text = std::move(*accepted);
    } else {
      const auto shown = setting.kind == Kind::url ? mask_url(value->text) : value->text;
      const auto what = setting.kind == Kind::secret ? "" : "=" + shown;
      const auto name = setting.flag_only ? flag_of(setting.name) : setting.name;
      errors_.push_back(name + what + (setting.flag_only ? "" : " (" + value->where + ")") + ": " +
                        accepted.error().what);
    }
  }
  resolved_.values.put(setting, std::move(*value));
}

void Resolver::add_property(std::map<std::string, Value>& found, const std::string& name,
                            const Value& value) {
  if (const auto good = check_property(name); good) {
    found[name] = value;
  } else {
    errors_.push_back("librdkafka property " + name + " (" + value.where + "): " + good.error().what);
  }
}

// The name under which a variable is looked for: RDKAFKA_SASL_PASSWORD for RDKAFKA_SASL_PASSWORD_FILE. Only
// for secrets, since a few properties are themselves called ....file.
std::string without_file_suffix(const std::string& name) {
  if (!name.ends_with(kFileSuffix)) return name;
  auto without = name.substr(0, name.size() - std::string_view(kFileSuffix).size());
  return secret_property(property_of(without)) ? without : name;
}

void Resolver::settle_properties() {
  std::set<std::string> names;
  for (const auto& [name, entry] : file_.entries) names.insert(without_file_suffix(name));
  for (const auto& [name, value] : environment_.variables) names.insert(without_file_suffix(name));
  std::map<std::string, Value> found;
  for (const auto& name : names) {
    const auto property = property_of(name);
    if (property.empty()) continue;
    const auto value = secret_property(property) ? find_secret(name) : find(name);
    if (value) add_property(found, property, *value);
  }
  for (const auto& text : given_.properties) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
      errors_.push_back("-X " + text + ": give name=value, as in -X security.protocol=ssl");
      continue;
    }
    add_property(found, text.substr(0, equals), {text.substr(equals + 1), Origin::flag, "-X", true});
  }
  for (auto& [name, value] : found) resolved_.values.put(Property{name, std::move(value)});
}

}  // namespace

Result<Resolved> resolve(std::span<const Setting> settings, const Given& given,
                         const Environment& environment) {
  return Resolver(settings, given, environment).run();
}

}  // namespace wikiflow::config
