#include "topic/ack_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace wikiflow::topic {
namespace {

TEST(AckWindow, MovesOnlyOverAGaplessPrefix) {
  AckWindow window(64);
  window.mark(1);
  window.mark(2);
  EXPECT_EQ(window.advance(), 0U);
  window.mark(0);
  EXPECT_EQ(window.advance(), 3U);
  EXPECT_EQ(window.prefix(), 3U);
}

TEST(AckWindow, RoundsItsCapacityUpAndSaysWhenItIsFull) {
  AckWindow window(100);
  EXPECT_EQ(window.capacity(), 128U);
  EXPECT_TRUE(window.has_room(127));
  EXPECT_FALSE(window.has_room(128));
  window.mark(0);
  window.advance();
  EXPECT_TRUE(window.has_room(128));
  EXPECT_EQ(AckWindow(0).capacity(), 64U);
}

TEST(AckWindow, ClearsAWholeWordAtOnceAndUsesItAgain) {
  AckWindow window(64);
  for (std::uint64_t round = 0; round < 5; ++round) {
    for (std::uint64_t i = 64; i-- > 0;) window.mark(round * 64 + i);
    EXPECT_EQ(window.advance(), (round + 1) * 64);
    EXPECT_EQ(window.advance(), (round + 1) * 64);
  }
}

// The model is a plain vector of flags.
TEST(AckWindow, AgreesWithAPlainModelOverRandomOrders) {
  std::mt19937_64 random(20261123);
  AckWindow window(256);
  std::vector<bool> marked;
  std::vector<std::uint64_t> in_flight;
  std::uint64_t expected = 0;
  for (int step = 0; step < 200'000; ++step) {
    if (random() % 2 == 0 && window.has_room(marked.size())) {
      in_flight.push_back(marked.size());
      marked.push_back(false);
    } else if (!in_flight.empty()) {
      std::swap(in_flight[random() % in_flight.size()], in_flight.back());
      marked[in_flight.back()] = true;
      window.mark(in_flight.back());
      in_flight.pop_back();
      while (expected < marked.size() && marked[expected]) ++expected;
      ASSERT_EQ(window.advance(), expected);
    }
  }
  EXPECT_GT(expected, 50'000U);
}

}  // namespace
}  // namespace wikiflow::topic
