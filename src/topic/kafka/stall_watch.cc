#include "topic/kafka/stall_watch.h"

#include <ctime>

namespace wikiflow::topic::kafka {

StallWatch::Time StallWatch::now() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

}  // namespace wikiflow::topic::kafka
