// What every CountStore must do. A store's test defines make_store() for its type and instantiates the suite.

#pragma once

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <string>

#include "store/count_store.h"

namespace wikiflow::store {

template <typename Factory>
class CountStoreContract : public testing::Test {
 protected:
  std::map<std::string, std::uint64_t> users() { return as_map(store_->view().totals.by_user); }
  std::map<std::string, std::uint64_t> domains() { return as_map(store_->view().totals.by_domain); }
  std::unique_ptr<CountStore> store_ = Factory::make_store();

 private:
  static std::map<std::string, std::uint64_t> as_map(const count::CountsView& view) {
    std::map<std::string, std::uint64_t> map;
    for (std::size_t i = 0; i < view.size(); ++i) map[std::string(view[i].key)] = view[i].count;
    return map;
  }
};

TYPED_TEST_SUITE_P(CountStoreContract);

TYPED_TEST_P(CountStoreContract, StartsEmpty) {
  const auto view = this->store_->view();
  EXPECT_EQ(view.totals.changes, 0U);
  EXPECT_TRUE(view.included.empty());
}

TYPED_TEST_P(CountStoreContract, ShowsWhatWasAddedAtOnceAndUpToWhere) {
  const std::array items{Item{Offset{0}, {"d", "u"}}, Item{Offset{2}, {"d", std::nullopt}}};
  ASSERT_TRUE(this->store_->add(Partition{3}, items, Offset{4}));
  EXPECT_EQ(this->domains(), (std::map<std::string, std::uint64_t>{{"d", 2}}));
  EXPECT_EQ(this->users(), (std::map<std::string, std::uint64_t>{{"u", 1}}));
  const auto view = this->store_->view();
  ASSERT_EQ(view.included.size(), 1U);
  EXPECT_EQ(view.included[0], std::pair(Partition{3}, Offset{4}));
  EXPECT_EQ(this->store_->size().changes, 2U);
}

TYPED_TEST_P(CountStoreContract, CountsARecordOnceHoweverOftenItIsAdded) {
  const std::array first{Item{Offset{0}, {"d", "a"}}, Item{Offset{1}, {"d", "b"}}};
  const std::array again{Item{Offset{1}, {"d", "b"}}, Item{Offset{2}, {"d", "c"}}};
  ASSERT_TRUE(this->store_->add(Partition{0}, first, Offset{2}));
  ASSERT_TRUE(this->store_->add(Partition{0}, first, Offset{2}));
  ASSERT_TRUE(this->store_->add(Partition{0}, again, Offset{3}));
  EXPECT_EQ(this->users(), (std::map<std::string, std::uint64_t>{{"a", 1}, {"b", 1}, {"c", 1}}));
  EXPECT_EQ(this->store_->view().included[0].second, Offset{3});
}

TYPED_TEST_P(CountStoreContract, KeepsPartitionsApart) {
  const std::array items{Item{Offset{5}, {"d", "u"}}};
  ASSERT_TRUE(this->store_->add(Partition{1}, items, Offset{6}));
  ASSERT_TRUE(this->store_->add(Partition{0}, items, Offset{6}));
  EXPECT_EQ(this->users()["u"], 2U);
}

REGISTER_TYPED_TEST_SUITE_P(CountStoreContract, StartsEmpty, ShowsWhatWasAddedAtOnceAndUpToWhere,
                            CountsARecordOnceHoweverOftenItIsAdded, KeepsPartitionsApart);

}  // namespace wikiflow::store
