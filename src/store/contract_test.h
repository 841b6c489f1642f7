// What every CountStore must do. A store's test instantiates the suite with a type that has
//   static constexpr bool kLasting;      // counts outlive the object
//   std::unique_ptr<CountStore> make();  // each call: the same place again; the object before it is gone

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <string>

#include "store/as_map_test.h"
#include "store/count_store.h"

namespace wikiflow::store {

inline Identity test_identity() {
  return {.topic = "t", .generation = "g1", .partitions = 6, .dedupe_window = 600};
}

template <typename Place>
class CountStoreContract : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kLimit{10};

  void SetUp() override {
    store_ = place_.make();
    ASSERT_TRUE(store_->open(test_identity()));
    own_all();
  }

  void own_all() {
    std::vector<Partition> all;
    for (std::int32_t i = 0; i < test_identity().partitions; ++i) all.push_back({i});
    store_->own(all);
  }
  void add(std::int32_t partition, std::initializer_list<Item> items, const Checkpoint& after) {
    const std::vector<Item> list(items);
    const auto added = store_->add(Partition{partition}, list, after);
    ASSERT_TRUE(added) << added.error().what;
  }
  // What a crash does, without the mess: what was not flushed is gone.
  Result<Checkpoints> die_and_open(const Identity& identity = test_identity()) {
    store_.reset();
    store_ = place_.make();
    return store_->open(identity);
  }
  std::map<std::string, std::uint64_t> users() { return as_map(store_->view().totals.by_user); }
  std::map<std::string, std::uint64_t> domains() { return as_map(store_->view().totals.by_domain); }

  Place place_;
  std::unique_ptr<CountStore> store_;
};

TYPED_TEST_SUITE_P(CountStoreContract);

TYPED_TEST_P(CountStoreContract, StartsEmpty) {
  const auto view = this->store_->view();
  EXPECT_EQ(view.totals.changes, 0U);
  EXPECT_TRUE(view.included.empty());
  const auto again = this->store_->open(test_identity());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
}

TYPED_TEST_P(CountStoreContract, ShowsWhatWasAddedAtOnceAndUpToWhere) {
  this->add(3, {Item{Offset{0}, {"d", "u"}}, Item{Offset{2}, {"d", std::nullopt}}},
            {.next = Offset{4}, .counted = 2});
  EXPECT_EQ(this->domains(), (std::map<std::string, std::uint64_t>{{"d", 2}}));
  EXPECT_EQ(this->users(), (std::map<std::string, std::uint64_t>{{"u", 1}}));
  const auto view = this->store_->view();
  ASSERT_EQ(view.included.size(), 1U);
  EXPECT_EQ(view.included[0], std::pair(Partition{3}, Offset{4}));
  EXPECT_EQ(this->store_->size().changes, 2U);
}

TYPED_TEST_P(CountStoreContract, CountsARecordOnceHoweverOftenItIsAdded) {
  const auto first = {Item{Offset{0}, {"d", "a"}}, Item{Offset{1}, {"d", "b"}}};
  this->add(0, first, {.next = Offset{2}, .counted = 2});
  this->add(0, first, {.next = Offset{2}, .counted = 2});
  this->add(0, {Item{Offset{1}, {"d", "b"}}, Item{Offset{2}, {"d", "c"}}}, {.next = Offset{3}, .counted = 3});
  EXPECT_EQ(this->users(), (std::map<std::string, std::uint64_t>{{"a", 1}, {"b", 1}, {"c", 1}}));
  EXPECT_EQ(this->store_->view().included[0].second, Offset{3});
}

TYPED_TEST_P(CountStoreContract, KeepsPartitionsApart) {
  this->add(1, {Item{Offset{5}, {"d", "u"}}}, {.next = Offset{6}, .counted = 1});
  this->add(0, {Item{Offset{5}, {"d", "u"}}}, {.next = Offset{6}, .counted = 1});
  EXPECT_EQ(this->users()["u"], 2U);
}

TYPED_TEST_P(CountStoreContract, SaysAfterAFlushWhatMayBeCommitted) {
  this->add(1, {Item{Offset{5}, {"d", "u"}}}, {.next = Offset{6}, .counted = 1});
  this->add(2, {}, {.next = Offset{9}});
  const auto flushed = this->store_->flush(this->kLimit);
  ASSERT_TRUE(flushed) << flushed.error().what;
  EXPECT_EQ(*flushed, (std::map<Partition, Offset>{{Partition{1}, Offset{6}}, {Partition{2}, Offset{9}}}));
}

TYPED_TEST_P(CountStoreContract, RefusesAnotherIdentityAndNamesTheWayOut) {
  this->add(0, {Item{Offset{0}, {"d", "u"}}}, {.next = Offset{1}, .counted = 1});
  ASSERT_TRUE(this->store_->flush(this->kLimit));
  Identity other = test_identity();
  other.generation = "g2";
  const auto refused = TypeParam::kLasting ? this->die_and_open(other) : this->store_->open(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::fatal);
  EXPECT_THAT(refused.error().what, testing::AllOf(testing::HasSubstr("g1"), testing::HasSubstr("g2"),
                                                   testing::HasSubstr("store reset")));
}

REGISTER_TYPED_TEST_SUITE_P(CountStoreContract, StartsEmpty, ShowsWhatWasAddedAtOnceAndUpToWhere,
                            CountsARecordOnceHoweverOftenItIsAdded, KeepsPartitionsApart,
                            SaysAfterAFlushWhatMayBeCommitted, RefusesAnotherIdentityAndNamesTheWayOut);

}  // namespace wikiflow::store
