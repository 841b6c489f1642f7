#include "store/count_store.h"

namespace wikiflow::store {

std::string to_string(const Identity& identity) {
  return "topic '" + identity.topic + "' (generation " + identity.generation + ") with " +
         std::to_string(identity.partitions) + " partitions, DEDUPE_WINDOW " +
         std::to_string(identity.dedupe_window) + ", counting version " +
         std::to_string(identity.counting_version);
}

bool same_counts(const Identity& kept, const Identity& asked) {
  const bool unknown = kept.generation == kUnknownGeneration || asked.generation == kUnknownGeneration;
  Identity named = asked;
  if (unknown) named.generation = kept.generation;
  return kept == named;
}

tl::unexpected<Error> other_identity(const std::string& where, const Identity& kept, const Identity& asked) {
  return fatal(where + " keeps counts of " + to_string(kept) + ", and was asked for " + to_string(asked) +
               ". They are not mixed: set things back as they were, or give the counts up with `store reset` "
               "and count again from the beginning of the topic");
}

}  // namespace wikiflow::store
