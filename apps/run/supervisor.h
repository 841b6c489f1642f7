// Watches over a running program: once a second it lets the progress be shown and asks every dependency how
// it is.
//
// A dependency in trouble for longer than `give_up_after` without a break ends the program (exit code 69); by
// default it waits for ever. It logs nothing: each dependency tells of its own changes.
//
// Threads: run() on one, usually the main thread; the callbacks are called from it.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/time.h"

namespace wikiflow::app {

struct Dependency {
  std::string name;
  std::function<std::optional<std::string>()> trouble;  // nothing: all is well
};

class Supervisor {
 public:
  // `give_up_after`: nullopt for never.
  Supervisor(std::vector<Dependency> dependencies, std::optional<std::chrono::milliseconds> give_up_after,
             Clock& clock);

  // Until `stop`, or until a dependency was away for too long: then the text to say so.
  std::optional<std::string> run(std::stop_token stop, const std::function<void()>& every_second);

 private:
  struct State {
    std::optional<SteadyTime> since;  // in trouble without a break
  };

  std::optional<std::string> check();

  std::vector<Dependency> dependencies_;
  std::vector<State> states_;
  std::optional<std::chrono::milliseconds> give_up_after_;
  Clock& clock_;
};

}  // namespace wikiflow::app
