#include "store/fake/fake_store.h"

#include "store/lasting_contract_test.h"

namespace wikiflow::store {
namespace {

using namespace std::chrono_literals;

struct OnFakeDisk {
  static constexpr bool kLasting = true;
  std::unique_ptr<CountStore> make() { return std::make_unique<FakeStore>(disk); }
  FakeDisk disk;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, CountStoreContract, OnFakeDisk);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, LastingStoreContract, OnFakeDisk);

TEST(FakeStore, FailsAsItIsTold) {
  FakeDisk disk;
  FakeStore store(disk);
  disk.away(true);
  EXPECT_EQ(store.open(test_identity()).error().kind, ErrorKind::transient);
  EXPECT_EQ(store.flush(1s).error().kind, ErrorKind::transient);
  EXPECT_TRUE(store.trouble());
  disk.away(false);
  EXPECT_TRUE(store.open(test_identity()));
  EXPECT_FALSE(store.trouble());
  disk.break_it();
  EXPECT_EQ(store.flush(1s).error().kind, ErrorKind::fatal);
}

}  // namespace
}  // namespace wikiflow::store
