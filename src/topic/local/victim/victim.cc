// A process that writes to a local log until it is killed, for the tests of what survives.
//
//   topic_local_victim DIR          prints the number of acknowledged records, a line each time it grows
//   topic_local_victim DIR full     may write files of 4 MiB at most; prints the error that ends it

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include "topic/local/local.h"

namespace {

using namespace wikiflow;
using namespace wikiflow::topic;

int fail(const Error& error) {
  std::printf("%s\n", error.what.c_str());
  return 1;
}

void limit_files() {
  const rlimit limit{4U << 20U, 4U << 20U};
  static_cast<void>(setrlimit(RLIMIT_FSIZE, &limit));
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
}

int write_for_ever(const char* dir) {
  Metrics metrics;
  auto broker = local::open(dir, {}, {}, metrics, system_clock());
  if (!broker) return fail(broker.error());
  TopicSpec spec;
  spec.name = "t";
  spec.partitions = 3;
  if (auto made = (*broker)->ensure(spec, std::chrono::seconds{10}); !made) return fail(made.error());
  auto writer = (*broker)->writer("t");
  if (!writer) return fail(writer.error());
  std::uint64_t shown = 0;
  for (std::uint64_t i = 0;; ++i) {
    const std::string number = std::to_string(i);
    if (auto sent = (*writer)->send({"key " + number, number, {}}, {}); !sent) return fail(sent.error());
    const std::uint64_t acknowledged = (*writer)->acknowledged();
    if (acknowledged == shown) continue;
    shown = acknowledged;
    std::printf("%llu\n", static_cast<unsigned long long>(shown));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  if (argc > 2 && std::string_view(argv[2]) == "full") limit_files();
  return write_for_ever(argv[1]);
}
