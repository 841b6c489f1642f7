#include "count/counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <thread>

#include "count/totals.h"

namespace wikiflow::count {

static bool operator==(const Entry& a, const Entry& b) { return a.key == b.key && a.count == b.count; }

namespace {

using testing::ElementsAre;

std::map<std::string, std::uint64_t> as_map(const CountsView& view) {
  std::map<std::string, std::uint64_t> map;
  for (std::size_t i = 0; i < view.size(); ++i) map[std::string(view[i].key)] = view[i].count;
  return map;
}

TEST(Counts, CountsWhatAMapCounts) {
  Counts counts;
  std::map<std::string, std::uint64_t> expected;
  std::mt19937 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const std::string key = "user" + std::to_string(random() % 9'000);
    counts.add(key);
    ++expected[key];
  }
  EXPECT_EQ(as_map(counts.view()), expected);
  EXPECT_EQ(counts.size(), expected.size());
}

TEST(Counts, CountsManyAtOnceAsOneByOne) {
  Counts one_by_one;
  Counts at_once;
  std::mt19937 random(8);
  std::vector<std::string> names;
  for (int i = 0; i < 5'000; ++i) names.push_back("user" + std::to_string(i));
  for (const std::size_t size : {0U, 1U, 31U, 32U, 33U, 1'000U, 20'000U}) {
    std::vector<std::string_view> keys;
    std::vector<std::uint32_t> expected;
    for (std::size_t i = 0; i < size; ++i) {
      keys.emplace_back(names[random() % names.size()]);
      expected.push_back(one_by_one.add(keys.back()));
    }
    std::vector<std::uint32_t> numbers(size);
    at_once.add(keys, numbers);
    EXPECT_EQ(numbers, expected);
  }
  EXPECT_EQ(as_map(at_once.view()), as_map(one_by_one.view()));
}

// 300,000 keys have some ten pairs with the same 32 bits of hash.
TEST(Counts, TellsKeysApartWhoseHashesAreTheSame) {
  Counts counts;
  std::vector<std::string> names;
  for (int i = 0; i < 300'000; ++i) names.push_back("u" + std::to_string(i));
  for (int round = 0; round < 2; ++round) {
    for (const auto& name : names) counts.add(name);
  }
  const std::vector<std::string_view> keys(names.begin(), names.end());
  std::vector<std::uint32_t> numbers(keys.size());
  counts.add(keys, numbers);
  const CountsView view = counts.view();
  ASSERT_EQ(view.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) ASSERT_EQ(view[numbers[i]], (Entry{names[i], 3}));
}

TEST(Counts, KeepsAViewStillWhileCountingGoesOn) {
  Counts counts;
  counts.add("a");
  const CountsView before = counts.view();
  counts.add("a");
  counts.add("b", 3);
  EXPECT_THAT(as_map(before), ElementsAre(testing::Pair("a", 1)));
  EXPECT_THAT(as_map(counts.view()), ElementsAre(testing::Pair("a", 2), testing::Pair("b", 3)));
}

TEST(Counts, LetsAViewOutliveTheCounts) {
  auto counts = std::make_unique<Counts>();
  for (int i = 0; i < 5000; ++i) counts->add("key" + std::to_string(i));
  const CountsView view = counts->view();
  counts.reset();
  EXPECT_EQ(view[4999], (Entry{"key4999", 1}));
}

TEST(Counts, TakesEmptyBinaryAndVeryLongKeys) {
  Counts counts;
  const std::string binary("\0\xff", 2);
  const std::string longer(200'000, 'x');
  counts.add("");
  counts.add(binary);
  counts.add(longer);
  counts.add("");
  EXPECT_THAT(as_map(counts.view()),
              ElementsAre(testing::Pair("", 2), testing::Pair(binary, 1), testing::Pair(longer, 1)));
}

TEST(Counts, CanBeViewedElsewhereWhileItIsWritten) {
  Counts counts;
  const auto add_all = [&](int keys) {
    for (int i = 0; i < keys; ++i) counts.add("key" + std::to_string(i));
  };
  for (std::uint64_t round = 1; round <= 20; ++round) {
    add_all(3'000);
    bool whole = true;
    std::thread reader([view = counts.view(), round, &whole] {
      for (std::size_t i = 0; i < 3'000; ++i) whole = whole && view[i].count == round;
    });
    for (int i = 0; i < 3'000; ++i) counts.add("other" + std::to_string(i) + "/" + std::to_string(round));
    reader.join();
    EXPECT_TRUE(whole);
  }
}

TEST(Largest, OrdersByCountThenByKey) {
  Counts counts;
  counts.add("b", 5);
  counts.add("a", 5);
  counts.add("c", 9);
  counts.add("d", 1);
  const auto view = counts.view();
  EXPECT_THAT(largest(view, 3), ElementsAre(Entry{"c", 9}, Entry{"a", 5}, Entry{"b", 5}));
  EXPECT_EQ(largest(view, 100).size(), 4U);
  EXPECT_TRUE(largest(view, 0).empty());
  EXPECT_TRUE(largest(CountsView{}, 5).empty());
}

TEST(Totals, CountsASuppressedUserForItsDomainOnly) {
  Totals totals;
  totals.add("d", "u");
  totals.add("d", std::nullopt);
  const auto view = totals.view();
  EXPECT_EQ(view.changes, 2U);
  EXPECT_EQ(view.by_domain[0], (Entry{"d", 2}));
  EXPECT_EQ(view.by_user[0], (Entry{"u", 1}));
  EXPECT_EQ(view.by_user.size(), 1U);
}

}  // namespace
}  // namespace wikiflow::count
