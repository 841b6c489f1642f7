// One setting, as a row of a table: all that is needed to read it, check it, show it and help with it.
//
// Its flag is its name in kebab-case: REDPANDA_BROKER, --redpanda-broker.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace wikiflow::config {

// Who offers a setting; or-ed together.
enum Program : unsigned {
  kNobody = 0,  // a command without settings
  kProducer = 1,
  kTopicEnsure = 2,  // producer topic ensure
  kConsumer = 4,
  kWikiflow = 8,        // wikiflow run
  kSimulator = 16,      // wikiflow simulate
  kStore = 32,          // wikiflow store status, reset, export, import
  kConsumerStore = 64,  // consumer store status, reset, export, import
  kStoreInit = 128,     // consumer store init
  kDlq = 256,           // wikiflow dlq list, wikiflow dlq redrive
};

enum class Kind {
  text,      // anything without control characters
  choice,    // one of `choices`
  integer,   // within min and max
  number,    // with a fraction, within min and max
  duration,  // "30 s", within min and max (milliseconds)
  boolean,
  toggle,  // a flag without a value: --check
  hosts,
  url,
  address,
  topic,
  from,
  path,
  secret,  // never shown; also as NAME_FILE, the path of a file that holds it
};

// A secret may also stand in a file: NAME_FILE is its path.
inline constexpr const char* kFileSuffix = "_FILE";

struct Choice {
  std::string name;
  std::string alias = {};  // means the same
};

struct Setting {
  std::string name;
  Kind kind = Kind::text;
  std::string preset = {};  // the default, as it would be written; empty: none
  std::string help = {};    // a few words for --help
  unsigned programs = kNobody;
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
  std::vector<Choice> choices = {};
  std::string word = {};     // may stand in place of a value: "never"
  std::string shown = {};    // in place of the default in --help, where that would be too long
  std::string metavar = {};  // in --help, for an option of one command: --to WHERE
  bool flag_only = false;    // an option of one command: neither in the environment nor in `.env`
};

// "--redpanda-broker" for "REDPANDA_BROKER".
std::string flag_of(std::string_view name);

// `text` in the form that is kept: an alias replaced by what it means, blanks around it gone. Error:
// bad_input that says what is allowed, without naming the setting.
Result<std::string> accept(const Setting& setting, std::string_view text);

}  // namespace wikiflow::config
