#include "store/memory/memory_store.h"

#include "store/contract_test.h"

namespace wikiflow::store {
namespace {

struct Memory {
  static constexpr bool kLasting = false;
  static std::unique_ptr<CountStore> make() { return std::make_unique<MemoryStore>(); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, CountStoreContract, Memory);

}  // namespace
}  // namespace wikiflow::store
