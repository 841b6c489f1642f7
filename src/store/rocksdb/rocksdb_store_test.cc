#include "store/rocksdb/rocksdb_store.h"

#include <rocksdb/db.h>

#include <array>

#include "base/scratch_dir.h"
#include "store/lasting_contract_test.h"
#include "store/rocksdb/encoding.h"

namespace wikiflow::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

struct InDirectory {
  static constexpr bool kLasting = true;
  std::unique_ptr<CountStore> make() {
    auto database = rocks::Database::open(dir.path(), {});
    if (!database) throw std::runtime_error(database.error().what);
    return std::make_unique<RocksdbStore>(*std::move(database));
  }
  ScratchDir dir;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Rocksdb, CountStoreContract, InDirectory);
INSTANTIATE_TYPED_TEST_SUITE_P(Rocksdb, LastingStoreContract, InDirectory);

TEST(RocksdbStore, RefusesASchemaItDoesNotKnow) {
  const ScratchDir dir;
  const auto database = *rocks::Database::open(dir.path(), {});
  ASSERT_TRUE(RocksdbStore(database).open(test_identity()));
  ASSERT_TRUE(database->db().Put({}, database->family(kStateFamily), kSchemaKey, "99").ok());
  const auto refused = RocksdbStore(database).open(test_identity());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, AllOf(HasSubstr("version 99"), HasSubstr("store reset")));
}

TEST(RocksdbStore, FindsRowsThatDoNotBelongToTheCheckpoints) {
  const ScratchDir dir;
  const auto database = *rocks::Database::open(dir.path(), {});
  {
    RocksdbStore store(database);
    ASSERT_TRUE(store.open(test_identity()));
    const std::array items{Item{Offset{0}, {"d", "u"}}};
    ASSERT_TRUE(store.add(Partition{0}, items, {.next = Offset{1}, .counted = 1}));
    ASSERT_TRUE(store.flush(1s));
  }
  ASSERT_TRUE(database->db().Put({}, database->family(kRowsFamily), block_key('d', 0), "\x02").ok());
  const auto refused = RocksdbStore(database).open(test_identity());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, AllOf(HasSubstr("sum to 2"), HasSubstr("say 1")));
}

TEST(RocksdbStore, WritesOnlyBlocksInWhichSomethingHasChanged) {
  const ScratchDir dir;
  const auto database = *rocks::Database::open(dir.path(), {});
  RocksdbStore store(database);
  ASSERT_TRUE(store.open(test_identity()));
  std::vector<std::string> users;
  for (std::uint32_t i = 0; i < kBlockKeys + 2; ++i) users.push_back("user " + std::to_string(i));
  std::vector<Item> all;
  for (const auto& user : users) all.push_back({Offset{static_cast<std::int64_t>(all.size())}, {"d", user}});
  const auto next = static_cast<std::int64_t>(all.size());
  ASSERT_TRUE(store.add(Partition{0}, all, {.next = Offset{next}, .counted = all.size()}));
  ASSERT_TRUE(store.flush(1s));

  auto* const rows = database->family(kRowsFamily);
  for (const char kind : {'U', 'u'}) {
    for (const std::uint32_t block : {0U, 1U}) {
      ASSERT_TRUE(database->db().Put({}, rows, block_key(kind, block), "untouched").ok());
    }
  }
  const std::array one{Item{Offset{next}, {"d", users.back()}}};
  ASSERT_TRUE(store.add(Partition{0}, one, {.next = Offset{next + 1}, .counted = all.size() + 1}));
  ASSERT_TRUE(store.flush(1s));
  const auto row = [&](char kind, std::uint32_t block) {
    std::string value;
    EXPECT_TRUE(database->db().Get({}, rows, block_key(kind, block), &value).ok());
    return value;
  };
  EXPECT_EQ(row('u', 1), "\x01\x02");
  EXPECT_EQ(row('u', 0), "untouched");
  EXPECT_EQ(row('U', 0), "untouched");
  EXPECT_EQ(row('U', 1), "untouched") << "names are written once";
}

TEST(RocksdbStore, GoesOnInABlockThatWasNotFull) {
  const ScratchDir dir;
  constexpr int kRounds = 40;
  for (int round = 0; round < kRounds; ++round) {
    RocksdbStore store(*rocks::Database::open(dir.path(), {}));
    const auto from = store.open(test_identity());
    ASSERT_TRUE(from) << from.error().what;
    std::vector<std::string> users{"always"};
    for (int i = 0; i < 5; ++i) users.push_back("user " + std::to_string(5 * round + i));
    std::vector<Item> items;
    for (const auto& user : users)
      items.push_back({Offset{6 * round + static_cast<int>(items.size())}, {"d", user}});
    const auto next = static_cast<std::uint64_t>(6 * round + 6);
    ASSERT_TRUE(store.add(Partition{0}, items, {.next = Offset{6 * round + 6}, .counted = next}));
    ASSERT_TRUE(store.flush(1s));
  }
  RocksdbStore store(*rocks::Database::open(dir.path(), {}));
  ASSERT_TRUE(store.open(test_identity()));
  const auto view = store.view();
  ASSERT_EQ(view.totals.by_user.size(), 1U + 5 * kRounds);
  std::uint64_t changes = 0;
  for (std::size_t i = 0; i < view.totals.by_user.size(); ++i) {
    const auto [key, count] = view.totals.by_user[i];
    EXPECT_EQ(count, key == "always" ? kRounds : 1) << key;
    changes += count;
  }
  EXPECT_EQ(changes, view.totals.changes);
}

TEST(RocksdbStore, RefusesRowsThatDoNotBelongTogether) {
  const auto damaged = [](char kind, std::uint32_t block, const std::string& value) {
    const ScratchDir dir;
    const auto database = *rocks::Database::open(dir.path(), {});
    {
      RocksdbStore store(database);
      EXPECT_TRUE(store.open(test_identity()));
      const std::array items{Item{Offset{0}, {"d", "u"}}, Item{Offset{1}, {"d", "v"}}};
      EXPECT_TRUE(store.add(Partition{0}, items, {.next = Offset{2}, .counted = 2}));
      EXPECT_TRUE(store.flush(1s));
    }
    EXPECT_TRUE(database->db().Put({}, database->family(kRowsFamily), block_key(kind, block), value).ok());
    const auto opened = RocksdbStore(database).open(test_identity());
    return opened ? std::string("opened") : opened.error().what;
  };
  EXPECT_EQ(damaged('u', 0, "\x01\x01"), "opened") << "as it was";
  EXPECT_THAT(damaged('u', 0, "\x01"), HasSubstr("store reset")) << "a count too few";
  EXPECT_THAT(damaged('u', 0, "\x01\x01\x01"), HasSubstr("store reset")) << "one too many";
  EXPECT_THAT(damaged('u', 0, "\x01\x81"), HasSubstr("store reset")) << "cut short";
  EXPECT_THAT(damaged('U', 0, "\x01u\x01u"), HasSubstr("store reset")) << "the same name again";
  EXPECT_THAT(damaged('U', 0, "\x01u\x09v"), HasSubstr("store reset")) << "a name cut short";
  EXPECT_THAT(damaged('u', 2, "\x01"), HasSubstr("store reset")) << "a block too many";
}

TEST(RocksdbEncoding, ReadsBackWhatItWroteAndRefusesWhatIsDamaged) {
  const Identity identity{.topic = "with\nlines",
                          .generation = "abc",
                          .partitions = 3,
                          .dedupe_window = 9,
                          .counting_version = 2};
  EXPECT_EQ(decode_identity(encode(identity)), identity);
  const Checkpoint checkpoint{.next = Offset{5}, .leader_epoch = -1, .last_record = ~0ULL, .counted = 4};
  EXPECT_EQ(decode_checkpoint(encode(checkpoint)), checkpoint);
  EXPECT_EQ(decode_checkpoint_key(checkpoint_key(Partition{12})), Partition{12});
  for (const std::string damaged : {"", "1\n", "x\n-1\n0\n0\n1\n-\n", "1\n-1\n0\n0\n1\n-\nrest"}) {
    EXPECT_EQ(decode_checkpoint(damaged), std::nullopt);
  }
  EXPECT_EQ(decode_identity("1\n2\n"), std::nullopt);
  EXPECT_EQ(block_key('d', 0x01020304), "d\x01\x02\x03\x04");
}

}  // namespace
}  // namespace wikiflow::store
