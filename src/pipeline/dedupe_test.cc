#include "pipeline/dedupe.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace wikiflow::pipeline {
namespace {

EventId id_of(std::uint32_t number) {
  EventId id;
  std::memcpy(id.bytes.data(), &number, sizeof number);
  id.bytes[15] = 1;
  return id;
}

TEST(DedupeWindow, KnowsAnIdForAsManyOffsetsAsItIsLong) {
  DedupeWindow window(3);
  EXPECT_FALSE(window.take(Offset{0}, id_of(1)));
  EXPECT_FALSE(window.take(Offset{1}, id_of(2)));
  EXPECT_FALSE(window.take(Offset{2}, id_of(3)));
  EXPECT_TRUE(window.take(Offset{3}, id_of(1))) << "three before";
  EXPECT_FALSE(window.take(Offset{5}, id_of(2))) << "four before";
  EXPECT_TRUE(window.take(Offset{6}, id_of(1))) << "the duplicate itself is three before";
}

TEST(DedupeWindow, NeverTakesARecordWithoutAnIdForADuplicate) {
  DedupeWindow window(10);
  EXPECT_FALSE(window.take(Offset{0}, std::nullopt));
  EXPECT_FALSE(window.take(Offset{1}, std::nullopt));
  EXPECT_FALSE(window.take(Offset{2}, EventId{}));
  EXPECT_FALSE(window.take(Offset{3}, EventId{}));
}

// As the header says it, without any cleverness.
class Reference {
 public:
  explicit Reference(std::int64_t ids) : ids_(ids) {}
  bool take(std::int64_t offset, const std::optional<EventId>& id) {
    bool duplicate = false;
    for (auto at = log_.lower_bound(offset - ids_); at != log_.end(); ++at) {
      duplicate = duplicate || (id && at->second == id);
    }
    log_[offset] = id;
    return duplicate;
  }

 private:
  const std::int64_t ids_;
  std::map<std::int64_t, std::optional<EventId>> log_;
};

// Random logs with duplicates near and far, holes short and long, and records without an id: the same answers
// as the reference, and the same again from a window that was built anew at any offset.
TEST(DedupeWindow, AnswersAsTheReferenceDoesAndTheSameAgainAfterARestartAnywhere) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    const auto ids = static_cast<std::uint32_t>(1 + random() % 40);
    const std::uint32_t different = 1 + random() % 80;
    struct Entry {
      std::int64_t offset;
      std::optional<EventId> id;
      bool duplicate;
    };
    std::vector<Entry> log;
    DedupeWindow window(ids);
    Reference reference(ids);
    std::int64_t offset = random() % 5;
    for (int i = 0; i < 400; ++i) {
      std::optional<EventId> id;
      if (random() % 10 != 0) id = id_of(random() % different);
      const bool duplicate = window.take(Offset{offset}, id);
      ASSERT_EQ(duplicate, reference.take(offset, id)) << "seed " << seed << ", offset " << offset;
      log.push_back({offset, id, duplicate});
      offset += random() % 12 != 0 ? 1 : 1 + random() % (3 * ids);
    }
    for (int restart = 0; restart < 5; ++restart) {
      const std::int64_t next = log[random() % log.size()].offset;
      DedupeWindow again(ids);
      for (const Entry& entry : log) {
        if (entry.offset < next - ids) continue;
        const bool duplicate = again.take(Offset{entry.offset}, entry.id);
        if (entry.offset < next) continue;
        ASSERT_EQ(duplicate, entry.duplicate) << "seed " << seed << ", offset " << entry.offset;
      }
    }
  }
}

}  // namespace
}  // namespace wikiflow::pipeline
