#include "store/cassandra/maintenance.h"

#include <utility>

#include "store/cassandra/places.h"

namespace wikiflow::store::cassandra {

Result<std::optional<Status>> status(Session& session, const std::string& topic) {
  const auto generation = session.read_generation(topic);
  if (!generation) return tl::make_unexpected(generation.error());
  if (!*generation || given_up(**generation)) return std::nullopt;
  const auto& [number, identity] = **generation;
  auto checkpoints = session.read_checkpoints(generation_name(identity, number));
  if (!checkpoints) return tl::make_unexpected(checkpoints.error());
  return Status{.identity = identity, .number = number, .checkpoints = std::move(*checkpoints)};
}

Result<bool> reset(Session& session, const std::string& topic) {
  const auto generation = session.read_generation(topic);
  if (!generation) return tl::make_unexpected(generation.error());
  if (!*generation || given_up(**generation)) return false;
  Identity nothing;
  nothing.topic = topic;
  if (auto begun = session.write_generation({(*generation)->number + 1, nothing}); !begun) {
    return tl::make_unexpected(begun.error());
  }
  return true;
}

}  // namespace wikiflow::store::cassandra
