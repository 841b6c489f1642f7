// What survives when the process that writes is killed. The victim is a program of its own: see victim/.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <set>

#include "base/scratch_dir.h"
#include "topic/local/local.h"

namespace wikiflow::topic::local {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds kPatience{60};

class Victim {
 public:
  explicit Victim(const std::string& dir, const char* mode = nullptr) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    std::string program = WIKIFLOW_LOCAL_VICTIM;
    std::string argument = dir;
    std::string third = mode == nullptr ? "" : mode;
    std::array<char*, 4> arguments{program.data(), argument.data(), mode == nullptr ? nullptr : third.data(),
                                   nullptr};
    const int failed = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    out_ = ::fdopen(ends[0], "r");
    if (failed != 0 || out_ == nullptr) throw std::runtime_error("cannot start " + program);
  }
  ~Victim() {
    kill();
    std::fclose(out_);
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  pid_t pid() const { return pid_; }
  // Its next line of output; empty when it has ended.
  std::string line() {
    std::array<char, 1024> text{};
    return std::fgets(text.data(), text.size(), out_) == nullptr ? "" : text.data();
  }
  void kill() {
    if (ended_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ended_ = true;
  }

 private:
  pid_t pid_ = 0;
  std::FILE* out_ = nullptr;
  bool ended_ = false;
};

TEST(LocalLogCrash, KeepsEveryAcknowledgedRecordOnceAndInOrderWhenTheProcessIsKilled) {
  const ScratchDir dir;
  std::uint64_t acknowledged = 0;
  {
    Victim victim(dir.path().string());
    while (acknowledged < 50'000) {
      const std::string line = victim.line();
      ASSERT_FALSE(line.empty()) << "the victim ended by itself";
      acknowledged = std::stoull(line);
    }
    victim.kill();
  }
  Metrics metrics;
  const auto broker = open(dir.path(), {}, {}, metrics, system_clock());
  ASSERT_TRUE(broker) << broker.error().what;
  const auto reader = std::move(*(*broker)->reader("t", {}));
  std::uint64_t total = 0;
  for (const Progress& progress : reader->progress()) total += static_cast<std::uint64_t>(progress.end.value);
  EXPECT_GE(total, acknowledged);
  std::set<std::uint64_t> numbers;
  std::map<Partition, std::uint64_t> last;
  while (numbers.size() < total) {
    const auto batch = reader->next(kPatience, {});
    ASSERT_TRUE(batch && *batch);
    for (const Record& record : (*batch)->records()) {
      const std::uint64_t number = std::stoull(std::string(record.value));
      EXPECT_TRUE(numbers.insert(number).second) << number << " is there twice";
      EXPECT_GE(number, last[(*batch)->partition()]);
      last[(*batch)->partition()] = number;
    }
  }
  // A group is written whole or not at all, so there is no hole either.
  EXPECT_EQ(*numbers.rbegin(), total - 1);
}

TEST(LocalLogCrash, NamesTheProcessThatHoldsTheDirectory) {
  const ScratchDir dir;
  Victim victim(dir.path().string());
  ASSERT_FALSE(victim.line().empty());
  Metrics metrics;
  const auto refused = open(dir.path(), {}, {}, metrics, system_clock());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("PID " + std::to_string(victim.pid())));
  victim.kill();
  EXPECT_TRUE(open(dir.path(), {}, {}, metrics, system_clock())) << "the holder is gone";
}

TEST(LocalLogCrash, FailsTheWriterWhenTheDiskIsFull) {
  const ScratchDir dir;
  Victim victim(dir.path().string(), "full");
  std::string last;
  std::uint64_t acknowledged = 0;
  for (std::string line = victim.line(); !line.empty(); line = victim.line()) {
    if (std::isdigit(line.front()) != 0) acknowledged = std::stoull(line);
    last = line;
  }
  EXPECT_THAT(last, HasSubstr("is the disk full?"));
  EXPECT_GT(acknowledged, 0U);
  victim.kill();
  Metrics metrics;
  const auto broker = open(dir.path(), {}, {}, metrics, system_clock());
  ASSERT_TRUE(broker) << broker.error().what;
  const auto reader = std::move(*(*broker)->reader("t", {}));
  std::uint64_t total = 0;
  for (const Progress& progress : reader->progress()) total += static_cast<std::uint64_t>(progress.end.value);
  EXPECT_GE(total, acknowledged);
}

}  // namespace
}  // namespace wikiflow::topic::local
