// A consumer group whose members live in this process: shares out a topic's partitions evenly, and moves as
// few as it can when members come and go. What a Kafka broker's group coordinator does for the kafka reader,
// this does for the local and the fake one.
//
// A partition that moves is revoked by its owner first, and assigned to the other only then, so it never has
// two owners. Bound: one entry for each partition.
//
// Threads: any.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "topic/topic.h"

namespace wikiflow::topic {

class Group {
 public:
  using Member = std::uint64_t;

  // What a member has to do next. One of the lists is filled.
  struct Change {
    std::vector<Partition> lost;
    std::vector<Partition> revoked;
    std::vector<Partition> assigned;
  };

  explicit Group(int partitions) : partitions_(partitions) {}

  Member join();
  // What it owned is free at once.
  void leave(Member member);

  // Waits until there is something to do for `member`; nothing once `stop` is requested.
  // Partitions in `assigned` are the member's from now on. Those in `revoked` stay its own until gave_up().
  std::optional<Change> await_change(Member member, std::stop_token stop);
  void gave_up(Member member, std::span<const Partition> partitions);

  // Takes all partitions from their owners as lost, as when a session times out. They are shared out again at
  // once.
  void lose_all();

 private:
  void share_out();
  Change change_of(Member member);

  const int partitions_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Member last_member_ = 0;
  std::map<Member, std::vector<Partition>> lost_;  // one entry for each member
  std::map<Partition, Member> owner_;
  std::map<Partition, Member> target_;
};

// Runs a member: its thread takes the group's changes to the listener, in the order and on the single thread
// that topic::AssignmentListener promises.
class GroupFollower {
 public:
  // How the reader begins and ends to hand out partitions.
  class Rider {
   public:
    virtual ~Rider() = default;
    virtual void begin(std::span<const std::pair<Partition, Offset>> positions) = 0;
    // No more batches. With `wait`, gives those that are out some time; true when all are back.
    virtual bool end(std::span<const Partition> partitions, bool wait) = 0;
    virtual void failed(Error error) = 0;
  };

  // All outlive the follower. Joins at once.
  GroupFollower(Group& group, AssignmentListener& listener, Rider& rider);
  // Revokes what is owned, leaves, and ends the thread.
  ~GroupFollower();
  GroupFollower(const GroupFollower&) = delete;
  GroupFollower& operator=(const GroupFollower&) = delete;

 private:
  void run(std::stop_token stop);
  bool apply(const Group::Change& change);
  void give_up(std::span<const Partition> partitions);

  Group& group_;
  AssignmentListener& listener_;
  Rider& rider_;
  const Group::Member member_;
  std::vector<Partition> owned_;  // the thread's
  std::jthread thread_;
};

}  // namespace wikiflow::topic
