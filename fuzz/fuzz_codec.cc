// Any bytes as the value of a record: what counts is what the whole record says, and what is read is written
// the same.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "event/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wikiflow;
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  static RecordDecoder decoder;
  decoder.clear();
  const auto counted = decoder.decode_counted(value);
  const auto whole = decoder.decode(value);
  if (counted.has_value() != whole.has_value()) std::abort();
  if (!counted) return 0;
  if (counted->domain != whole->domain || counted->user != whole->user) std::abort();
  Change plain = *whole;
  plain.uri.reset();
  plain.type.reset();
  plain.wiki.reset();
  std::string once;
  encode_record(plain, once);
  const auto again = decoder.decode(once);
  if (!again || !(*again == plain)) std::abort();
  return 0;
}
