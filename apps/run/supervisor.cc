#include "run/supervisor.h"

namespace wikiflow::app {

Supervisor::Supervisor(std::vector<Dependency> dependencies,
                       std::optional<std::chrono::milliseconds> give_up_after, Clock& clock)
    : dependencies_(std::move(dependencies)),
      states_(dependencies_.size()),
      give_up_after_(give_up_after),
      clock_(clock) {}

std::optional<std::string> Supervisor::run(std::stop_token stop, const std::function<void()>& every_second) {
  while (clock_.sleep(std::chrono::seconds(1), stop)) {
    every_second();
    if (auto verdict = check()) return verdict;
  }
  return std::nullopt;
}

std::optional<std::string> Supervisor::check() {
  for (std::size_t i = 0; i < dependencies_.size(); ++i) {
    auto& since = states_[i].since;
    const auto trouble = dependencies_[i].trouble();
    if (!trouble) {
      since.reset();
      continue;
    }
    if (!since) since = clock_.steady();
    if (give_up_after_ && clock_.steady() - *since >= *give_up_after_) {
      return dependencies_[i].name + " was away for longer than GIVE_UP_AFTER allows: " + *trouble;
    }
  }
  return std::nullopt;
}

}  // namespace wikiflow::app
