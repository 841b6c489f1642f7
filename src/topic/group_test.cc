#include "topic/group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace wikiflow::topic {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int> numbers(const std::vector<Partition>& partitions) {
  std::vector<int> all;
  for (const Partition partition : partitions) all.push_back(partition.number);
  return all;
}

TEST(Group, GivesTheFirstMemberEverything) {
  Group group(3);
  const auto member = group.join();
  const auto change = group.await_change(member, {});
  ASSERT_TRUE(change);
  EXPECT_THAT(numbers(change->assigned), ElementsAre(0, 1, 2));
  EXPECT_THAT(change->revoked, IsEmpty());
}

TEST(Group, MovesAsFewAsItCanAndOnlyAfterTheyWereGivenUp) {
  Group group(4);
  const auto first = group.join();
  ASSERT_EQ(group.await_change(first, {})->assigned.size(), 4U);
  const auto second = group.join();
  const auto revoked = group.await_change(first, {})->revoked;
  EXPECT_EQ(revoked.size(), 2U);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(group.await_change(second, stop.get_token())) << "they are still the first member's";
  group.gave_up(first, revoked);
  EXPECT_EQ(group.await_change(second, {})->assigned, revoked);
}

TEST(Group, SharesOutWhatAMemberLeaves) {
  Group group(3);
  const auto first = group.join();
  const auto second = group.join();
  const auto of_first = group.await_change(first, {})->assigned;
  const auto of_second = group.await_change(second, {})->assigned;
  EXPECT_EQ(of_first.size() + of_second.size(), 3U);
  group.leave(first);
  EXPECT_EQ(group.await_change(second, {})->assigned, of_first);
}

TEST(Group, LeavesSomeMembersIdleWhenThereAreMoreThanPartitions) {
  Group group(1);
  const auto first = group.join();
  ASSERT_EQ(group.await_change(first, {})->assigned.size(), 1U);
  const auto second = group.join();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(group.await_change(second, stop.get_token()));
  EXPECT_FALSE(group.await_change(first, stop.get_token()));
  group.leave(first);
  EXPECT_EQ(group.await_change(second, {})->assigned.size(), 1U);
}

// Notes what it is told, and refuses when told to.
class NotingListener final : public AssignmentListener {
 public:
  Result<std::vector<std::pair<Partition, Offset>>> assigned(std::span<const Partition> partitions) override {
    std::vector<std::pair<Partition, Offset>> positions;
    for (const Partition partition : partitions) positions.emplace_back(partition, Offset{7});
    ++assignments;
    assignments.notify_all();
    return positions;
  }
  void revoked(std::span<const Partition> /*partitions*/) override { ++revocations; }
  void lost(std::span<const Partition> /*partitions*/) override { ++losses; }

  std::atomic<int> assignments{0};
  std::atomic<int> revocations{0};
  std::atomic<int> losses{0};
};

class StubRider final : public GroupFollower::Rider {
 public:
  void begin(std::span<const std::pair<Partition, Offset>> positions) override {
    begun += static_cast<int>(positions.size());
    begun.notify_all();
  }
  bool end(std::span<const Partition> /*partitions*/, bool /*wait*/) override { return all_come_back; }
  void failed(Error /*error*/) override {}

  std::atomic<int> begun{0};
  std::atomic<bool> all_come_back{true};
};

TEST(GroupFollower, RevokesWhatItOwnsWhenItEnds) {
  Group group(2);
  NotingListener listener;
  StubRider rider;
  {
    const GroupFollower follower(group, listener, rider);
    rider.begun.wait(0);
  }
  EXPECT_EQ(rider.begun, 2);
  EXPECT_EQ(listener.revocations, 1);
  EXPECT_EQ(listener.losses, 0);
}

TEST(GroupFollower, CallsAPartitionLostWhoseBatchDoesNotComeBack) {
  Group group(2);
  NotingListener listener;
  StubRider rider;
  rider.all_come_back = false;
  {
    const GroupFollower follower(group, listener, rider);
    rider.begun.wait(0);
  }
  EXPECT_EQ(listener.revocations, 0);
  EXPECT_EQ(listener.losses, 1);
}

TEST(GroupFollower, IsToldOfALossAndAssignedAgain) {
  Group group(1);
  NotingListener listener;
  StubRider rider;
  const GroupFollower follower(group, listener, rider);
  rider.begun.wait(0);
  group.lose_all();
  rider.begun.wait(1);
  EXPECT_EQ(listener.losses, 1);
  EXPECT_EQ(listener.assignments, 2);
}

}  // namespace
}  // namespace wikiflow::topic
