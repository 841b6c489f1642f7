// The world outside that settings come from: the process's environment and a few small files.
//
// It is passed in, so that a test gives its own; nothing else in the project reads the environment.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"

namespace wikiflow::config {

struct Environment {
  std::map<std::string, std::string> variables;

  // The content of a file, or nullopt when there is none. Error: bad_input for one that is there but cannot
  // be read, or is larger than 1 MiB.
  std::function<Result<std::optional<std::string>>(const std::string& path)> read_file;
};

// The real one.
Environment process_environment();

}  // namespace wikiflow::config
