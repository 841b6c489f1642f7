// What a store whose counts outlive the process promises beyond contract_test.h, over the same places.

#pragma once

#include <map>
#include <optional>
#include <string>

#include "store/contract_test.h"

namespace wikiflow::store {

template <typename Place>
class LastingStoreContract : public CountStoreContract<Place> {};
TYPED_TEST_SUITE_P(LastingStoreContract);

TYPED_TEST_P(LastingStoreContract, GoesOnFromWhatWasFlushed) {
  const Checkpoint first{.next = Offset{2},
                         .leader_epoch = 7,
                         .last_record = 0xFEDC'BA98'7654'3210U,
                         .counted = 2,
                         .exact = false,
                         .since = from_unix_ms(1'791'207'722'123)};
  this->add(0, {Item{Offset{0}, {"d", "a"}}, Item{Offset{1}, {"e", std::nullopt}}}, first);
  ASSERT_TRUE(this->store_->flush(this->kLimit));
  this->add(0, {Item{Offset{2}, {"d", "a"}}, Item{Offset{3}, {"d", "b"}}}, {.next = Offset{4}, .counted = 4});
  auto found = this->die_and_open();
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(*found, (Checkpoints{{Partition{0}, first}}));
  EXPECT_EQ(this->users(), (std::map<std::string, std::uint64_t>{{"a", 1}}));
  EXPECT_EQ(this->domains(), (std::map<std::string, std::uint64_t>{{"d", 1}, {"e", 1}}));
  EXPECT_EQ(this->store_->size().changes, 2U);

  // The same records come again, cut into other batches, and last this time.
  this->own_all();
  this->add(0, {Item{Offset{1}, {"e", std::nullopt}}, Item{Offset{2}, {"d", "a"}}},
            {.next = Offset{3}, .counted = 3});
  this->add(0, {Item{Offset{3}, {"d", "b"}}}, {.next = Offset{4}, .counted = 4});
  ASSERT_TRUE(this->store_->flush(this->kLimit));
  found = this->die_and_open();
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ((*found)[Partition{0}].next, Offset{4});
  EXPECT_EQ(this->users(), (std::map<std::string, std::uint64_t>{{"a", 2}, {"b", 1}}));
  EXPECT_EQ(this->domains(), (std::map<std::string, std::uint64_t>{{"d", 3}, {"e", 1}}));
}

// A broker that begins to tell its topics' generations is the same one; so is one that no longer does.
TYPED_TEST_P(LastingStoreContract, GoesOnWhereAGenerationIsKnownOnOneSideOnly) {
  Identity unknown = test_identity();
  unknown.generation = kUnknownGeneration;
  const Checkpoint one{.next = Offset{1}, .counted = 1};
  const Checkpoint two{.next = Offset{2}, .counted = 2};
  this->add(0, {Item{Offset{0}, {"d", "u"}}}, one);
  ASSERT_TRUE(this->store_->flush(this->kLimit));
  auto found = this->die_and_open(unknown);
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(*found, (Checkpoints{{Partition{0}, one}}));
  this->own_all();
  this->add(0, {Item{Offset{1}, {"d", "u"}}}, two);
  ASSERT_TRUE(this->store_->flush(this->kLimit));
  found = this->die_and_open();
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(*found, (Checkpoints{{Partition{0}, two}}));
  EXPECT_EQ(this->users(), (std::map<std::string, std::uint64_t>{{"u", 2}}));
}

REGISTER_TYPED_TEST_SUITE_P(LastingStoreContract, GoesOnFromWhatWasFlushed,
                            GoesOnWhereAGenerationIsKnownOnOneSideOnly);

}  // namespace wikiflow::store
