// What befalls a topic, short of losing what it has.
//
// Threads: the one that drives.

#pragma once

#include <string>

#include "pipeline/simulation/random_test.h"
#include "pipeline/simulation/reference_test.h"
#include "topic/fake/fake.h"

namespace wikiflow::pipeline::simulation {

// Says what.
inline std::string fault_of(topic::FakeBroker& broker, int partitions, Random& random) {
  const Partition partition{random.between(0, partitions - 1)};
  const std::string name = std::to_string(partition.number);
  switch (random.below(10)) {
    case 0:
      broker.away(true);
      return "the broker goes away";
    case 1:
      broker.away(false);
      return "the broker is there";
    case 2:
      broker.partition_away(partition, true);
      return "partition " + name + " goes away";
    case 3:
      for (int p = 0; p < partitions; ++p) broker.partition_away({p}, false);
      return "all partitions are there";
    case 4:
      broker.hold_acknowledgements(true);
      return "acknowledgements are held back";
    case 5:
      broker.hold_acknowledgements(false);
      return "acknowledgements come through";
    case 6: {
      const int window = random.one_in(2) ? 0 : random.between(2, 8);
      broker.reorder(window);
      return "records of different keys change places within " + std::to_string(window);
    }
    case 7: {
      const int nth = random.one_in(2) ? 0 : random.between(2, 20);
      broker.duplicate_every(nth);
      return "twice in the log is every record of so many: " + std::to_string(nth);
    }
    case 8:
      broker.append(kTopic, partition,
                    {.key = "x", .value = "{broken", .headers = {}, .time = {}, .offset = {}});
      return "somebody else writes to partition " + name;
    default:
      broker.fail_next_sends(1);
      return "a writer fails at its next record";
  }
}

// All of it is over, and what was on its way arrives.
inline void heal(topic::FakeBroker& broker, int partitions) {
  broker.away(false);
  for (int p = 0; p < partitions; ++p) broker.partition_away({p}, false);
  broker.hold_acknowledgements(false);
  broker.reorder(0);
  broker.fail_next_sends(0);
}

}  // namespace wikiflow::pipeline::simulation
