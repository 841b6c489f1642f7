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
  ASSERT_TRUE(database->db().Put({}, database->family(kRowsFamily), "dd", encode_count(2)).ok());
  const auto refused = RocksdbStore(database).open(test_identity());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, AllOf(HasSubstr("sum to 2"), HasSubstr("say 1")));
}

TEST(RocksdbStore, WritesOnlyWhatHasChanged) {
  const ScratchDir dir;
  const auto database = *rocks::Database::open(dir.path(), {});
  RocksdbStore store(database);
  ASSERT_TRUE(store.open(test_identity()));
  const std::array both{Item{Offset{0}, {"d", "a"}}, Item{Offset{1}, {"e", "b"}}};
  ASSERT_TRUE(store.add(Partition{0}, both, {.next = Offset{2}, .counted = 2}));
  ASSERT_TRUE(store.flush(1s));
  auto* const rows = database->family(kRowsFamily);
  ASSERT_TRUE(database->db().Delete({}, rows, "ub").ok());
  const std::array one{Item{Offset{2}, {"d", "a"}}};
  ASSERT_TRUE(store.add(Partition{0}, one, {.next = Offset{3}, .counted = 3}));
  ASSERT_TRUE(store.flush(1s));
  std::string count;
  EXPECT_TRUE(database->db().Get({}, rows, "ub", &count).IsNotFound());
  EXPECT_TRUE(database->db().Get({}, rows, "ua", &count).ok());
  EXPECT_EQ(decode_count(count), 2U);
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
  EXPECT_EQ(decode_count("1234567"), std::nullopt);
}

}  // namespace
}  // namespace wikiflow::store
