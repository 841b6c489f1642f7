#include "store/memory/memory_store.h"

#include <array>

#include "store/contract_test.h"

namespace wikiflow::store {
namespace {

struct Memory {
  static std::unique_ptr<CountStore> make_store() { return std::make_unique<MemoryStore>(); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, CountStoreContract, Memory);

}  // namespace
}  // namespace wikiflow::store
