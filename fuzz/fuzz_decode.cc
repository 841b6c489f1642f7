// Any bytes as the data of a frame: decoding says yes or no, twice the same, and what it accepts can be
// written to the topic and read back.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "event/codec.h"
#include "source/decode.h"
#include "source/position.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wikiflow;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static source::EventDecoder decoder;
  static RecordDecoder records;
  const auto decoded = decoder.decode(text);
  if (decoded && !decoded->canary) {
    std::string value;
    encode_record(decoded->change, value);
    if (value.size() > kMaxRecordBytes) std::abort();
    records.clear();
    const auto again = records.decode(value);
    if (!again || !(*again == decoded->change)) std::abort();
  }
  static source::IdReader ids;
  if (const auto id = ids.read(text)) {
    source::Position position;
    position.advance(**id, from_unix_ms(4'000'000'000'000), Millis{});
    std::string header;
    position.encode(header);
    const auto again = source::Position::decode(header);
    std::string twice;
    if (!again) std::abort();
    again->encode(twice);
    if (twice != header) std::abort();
  }
  return 0;
}
