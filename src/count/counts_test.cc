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
