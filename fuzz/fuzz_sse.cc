// The event-stream parser: however a stream is split, it comes to the same, and to what the reference parser
// says.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "sse/parser.h"
#include "sse/parser_reference_fake.h"

namespace wikiflow::sse {
namespace {

// `next` gives the size of the next piece.
template <typename Next>
Parsed parse(std::string_view stream, std::size_t limit, Next&& next) {
  Parser parser(limit);
  Recorder recorder;
  while (!stream.empty()) {
    // On the heap and gone afterwards, so that the sanitizer sees a view that was kept too long.
    const auto piece = std::make_unique<std::string>(stream.substr(0, next()));
    parser.feed(*piece, recorder);
    stream.remove_prefix(piece->size());
  }
  parser.end(recorder);
  return recorder.result(parser);
}

void expect_same(const Parsed& one, const Parsed& other) {
  if (one != other) std::abort();
}

void run(std::string_view input) {
  // The first three bytes choose the limit and the split.
  const auto byte = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(input[i])}; };
  const std::size_t limit = byte(0) < 128 ? Parser::kDefaultLimit : 1 + byte(0) % 64;
  std::mt19937_64 random(byte(1) * 256 + byte(2));
  const std::string_view stream = input.substr(3);

  const Parsed whole = parse(stream, limit, [&] { return stream.size(); });
  expect_same(whole, parse_by_reference(stream, limit));
  expect_same(whole, parse(stream, limit, [] { return std::size_t{1}; }));
  for (int i = 0; i < 4; ++i) {
    const std::size_t longest = 1 + random() % 40;
    expect_same(whole, parse(stream, limit, [&] { return random() % (longest + 1); }));
  }
}

}  // namespace
}  // namespace wikiflow::sse

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 3) return 0;
  wikiflow::sse::run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
