#include "topic/kafka/header_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace wikiflow::topic::kafka {
namespace {

using testing::ElementsAre;
using testing::Pair;

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs(const HeadersHandle& list) {
  Pairs found;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(list.get(), i, &name, &value, &size) == 0; ++i) {
    found.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  return found;
}

void deliver(HeaderPool& pool, HeadersHandle list) {
  std::vector<HeadersHandle> lists;
  lists.push_back(std::move(list));
  pool.give(lists);
  EXPECT_TRUE(lists.empty());
}

TEST(HeaderPool, FillsAListThatComesBackWithTheHeadersOfAnotherRecord) {
  HeaderPool pool(8);
  auto first = pool.take(std::array{Header{"id", "1"}, Header{"at", "x"}});
  const auto* const address = first.get();
  deliver(pool, std::move(first));
  const auto second = pool.take(std::array{Header{"id", std::string_view("\0?", 2)}, Header{"at", "longer"}});
  EXPECT_EQ(second.get(), address);
  EXPECT_THAT(pairs(second), ElementsAre(Pair("id", std::string("\0?", 2)), Pair("at", "longer")));
}

TEST(HeaderPool, LeavesNothingOfHeadersThatTheNextRecordDoesNotHave) {
  HeaderPool pool(8);
  deliver(pool, pool.take(std::array{Header{"id", "1"}, Header{"other", "x"}}));
  EXPECT_THAT(pairs(pool.take(std::array{Header{"id", "2"}})), ElementsAre(Pair("id", "2")));
  deliver(pool, pool.take(std::array{Header{"id", "1"}, Header{"id", "2"}}));
  EXPECT_THAT(pairs(pool.take(std::array{Header{"id", "3"}})), ElementsAre(Pair("id", "3")));
  const std::string longer(200, 'n');
  deliver(pool, pool.take(std::array{Header{longer, "1"}}));
  EXPECT_THAT(pairs(pool.take(std::array{Header{longer, "2"}})), ElementsAre(Pair(longer, "2")));
}

TEST(HeaderPool, TakesBackAListThatWasNotSent) {
  HeaderPool pool(8);
  auto list = pool.take(std::array{Header{"id", "1"}});
  const auto* const address = list.get();
  pool.put_back(std::move(list));
  EXPECT_EQ(pool.take(std::array{Header{"id", "2"}}).get(), address);
}

TEST(HeaderPool, KeepsNoMoreThanItsBound) {
  HeaderPool pool(2);
  std::vector<HeadersHandle> lists;
  for (int i = 0; i < 3; ++i) lists.push_back(pool.take(std::array{Header{"id", "1"}}));
  pool.give(lists);
  EXPECT_TRUE(lists.empty());
  EXPECT_EQ(pool.waiting(), 2U);
}

}  // namespace
}  // namespace wikiflow::topic::kafka
