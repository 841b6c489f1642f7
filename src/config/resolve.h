// Settles each setting's value: flag, before environment, before `.env`, before default.
//
// An empty value in the environment or in `.env` counts as not given (Compose passes unset variables so). A
// secret may be given as NAME_FILE at any of the three places: the path of a file whose content, without the
// line's end, is the value.

#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/environment.h"
#include "config/setting.h"
#include "config/values.h"

namespace wikiflow::config {

struct Given {
  std::map<std::string, std::string> flags = {};  // by the setting's name, or its name with _FILE
  std::vector<std::string> properties = {};       // -X name=value, in order
  std::string env_file = {};                      // --env-file; empty: `.env`, which need not be there
  bool takes_properties = false;
};

struct Resolved {
  Values values;
  std::vector<std::string> warnings;  // for the log, once that is set up
};

// Error: bad_input with a line for each value that cannot be used: the setting, the value, where it came
// from, and what is allowed.
Result<Resolved> resolve(std::span<const Setting> settings, const Given& given,
                         const Environment& environment);

}  // namespace wikiflow::config
