#include "sse/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "sse/parser_reference_fake.h"

namespace wikiflow::sse {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Strings = std::vector<std::string>;

// What a stream came to, fed in the pieces that `sizes` says (the rest in one).
Parsed parse(std::string_view stream, const std::vector<std::size_t>& sizes = {},
             std::size_t limit = Parser::kDefaultLimit) {
  Parser parser(limit);
  Recorder recorder;
  for (const std::size_t size : sizes) {
    // A copy of its own that is gone afterwards, so that a view kept too long is found by the sanitizer.
    const auto piece = std::make_unique<std::string>(stream.substr(0, size));
    parser.feed(*piece, recorder);
    stream.remove_prefix(piece->size());
  }
  const auto rest = std::make_unique<std::string>(stream);
  parser.feed(*rest, recorder);
  parser.end(recorder);
  return recorder.result(parser);
}

Strings data_of(std::string_view stream) {
  Strings data;
  for (const auto& frame : parse(stream).frames) data.push_back(frame.data);
  return data;
}

TEST(SseParser, ReadsAFrameOfEventStreams) {
  const auto got = parse(":ok\n\nevent: message\nid: [{\"topic\":\"a\"}]\ndata: {\"a\": 1}\n\n");
  ASSERT_EQ(got.frames.size(), 1U);
  EXPECT_EQ(got.frames[0], (OwnedFrame{"message", "{\"a\": 1}", "[{\"topic\":\"a\"}]"}));
}

TEST(SseParser, TakesCrLfAndCrLfAsOneLineEndEach) {
  EXPECT_THAT(data_of("data: a\r\rdata: b\n\ndata: c\r\n\r\ndata: d\r\n\ndata: e\n\r\n"),
              ElementsAre("a", "b", "c", "d", "e"));
}

TEST(SseParser, TakesLfAfterCrAsPartOfItAlsoAcrossReads) {
  const auto got = parse("data: a\r\ndata: b\r\n\r\n", {8, 1, 8, 1});
  ASSERT_EQ(got.frames.size(), 1U);
  EXPECT_EQ(got.frames[0].data, "a\nb");
}

TEST(SseParser, HandsOutAFrameAtCrWithoutWaitingForLf) {
  Parser parser;
  Recorder recorder;
  parser.feed("data: a\r\n\r", recorder);
  EXPECT_EQ(recorder.result(parser).frames.size(), 1U);
}

TEST(SseParser, DropsOneByteOrderMarkAtTheBeginningOnly) {
  EXPECT_THAT(data_of("\xEF\xBB\xBF"
                      "data: a\n\n\xEF\xBB\xBF"
                      "data: b\n\ndata: c\n\n"),
              ElementsAre("a", "c"));
  EXPECT_THAT(data_of("\xEF\xBB\xBF\xEF\xBB\xBF"
                      "data: a\n\n"),
              IsEmpty());
}

TEST(SseParser, TakesAByteOrderMarkInPieces) {
  const auto got = parse(
      "\xEF\xBB\xBF"
      "data: a\n\n",
      {1, 1, 1, 1});
  ASSERT_EQ(got.frames.size(), 1U);
  EXPECT_EQ(got.frames[0].data, "a");
}

TEST(SseParser, IgnoresComments) { EXPECT_THAT(data_of(":\n: x\ndata: a\n:data: b\n\n"), ElementsAre("a")); }

TEST(SseParser, TakesALineWithoutColonAsAFieldWithEmptyValue) {
  EXPECT_THAT(data_of("data\n\ndata\ndata\n\ndata:\n\n"), ElementsAre("", "\n", ""));
}

TEST(SseParser, TakesOffOneLeadingSpaceOnly) {
  EXPECT_THAT(data_of("data:a\n\ndata: a\n\ndata:  a\n\ndata:\ta\n\ndata: \n\n"),
              ElementsAre("a", "a", " a", "\ta", ""));
}

TEST(SseParser, JoinsDataLinesByLf) {
  EXPECT_THAT(data_of("data: a\ndata:\ndata: b: c\n\n"), ElementsAre("a\n\nb: c"));
}

TEST(SseParser, IgnoresUnknownFieldsAndNamesInOtherCase) {
  EXPECT_THAT(data_of("Data: x\ndatum: y\n data: z\ndata : z\ndata: a\n\n"), ElementsAre("a"));
}

TEST(SseParser, NamesAnEventMessageUnlessTheStreamNamesIt) {
  const auto got =
      parse("event: error\ndata: a\n\ndata: b\n\nevent:\ndata: c\n\nevent: x\nevent: y\ndata: d\n\n");
  ASSERT_EQ(got.frames.size(), 4U);
  EXPECT_EQ(got.frames[0].event, "error");
  EXPECT_EQ(got.frames[1].event, "message");
  EXPECT_EQ(got.frames[2].event, "message");
  EXPECT_EQ(got.frames[3].event, "y");
}

TEST(SseParser, ForgetsTheNameOfAnEventWithoutData) {
  const auto got = parse("event: x\n\ndata: a\n\n");
  ASSERT_EQ(got.frames.size(), 1U);
  EXPECT_EQ(got.frames[0].event, "message");
}

TEST(SseParser, KeepsLastEventIdAcrossEventsThatCarryNone) {
  const auto got = parse("id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\nid\ndata: d\n\n");
  ASSERT_EQ(got.frames.size(), 4U);
  EXPECT_EQ(got.frames[0].last_event_id, "1");
  EXPECT_EQ(got.frames[1].last_event_id, "1");
  EXPECT_EQ(got.frames[2].last_event_id, "2");
  EXPECT_EQ(got.frames[3].last_event_id, "");
}

TEST(SseParser, IgnoresAnIdWithNul) {
  using namespace std::string_view_literals;
  const auto got = parse("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"sv);
  ASSERT_EQ(got.frames.size(), 2U);
  EXPECT_EQ(got.frames[1].last_event_id, "1");
}

TEST(SseParser, KeepsOnlyTheLastEventIdForTheNextConnection) {
  Parser parser;
  Recorder recorder;
  parser.feed("id: 1\ndata: a\n\nid: 2\nevent: x\ndata: half", recorder);
  parser.end(recorder);
  EXPECT_EQ(parser.last_event_id(), "1");
  parser.feed(
      "\xEF\xBB\xBF"
      "data: b\n\n",
      recorder);
  const auto got = recorder.result(parser);
  ASSERT_EQ(got.frames.size(), 2U);
  EXPECT_EQ(got.frames[1], (OwnedFrame{"message", "b", "1"}));
}

TEST(SseParser, DropsAnUnfinishedEventAtTheEnd) {
  EXPECT_THAT(data_of("data: a\n\ndata: b\n"), ElementsAre("a"));
  EXPECT_THAT(data_of("data: a\n\ndata: b"), ElementsAre("a"));
}

TEST(SseParser, TakesRetryOfDigitsOnly) {
  using std::chrono::milliseconds;
  EXPECT_EQ(parse("retry: 1500\n").retry, milliseconds{1500});
  EXPECT_EQ(parse("retry: 10\nretry: x\nretry: -1\nretry: 1.5\nretry\nretry: 2 \n").retry, milliseconds{10});
  EXPECT_EQ(parse("retry: +5\n\n").retry, std::nullopt);
  EXPECT_EQ(parse("retry: 99999999999999999999999999\n").retry, std::chrono::hours{24});
}

TEST(SseParser, PassesBytesThatAreNotUtf8AsTheyCame) {
  EXPECT_THAT(data_of("data: \xFF\xC3\n\n"), ElementsAre("\xFF\xC3"));
}

TEST(SseParser, HandsOutAWholeFrameAsViewsIntoTheFedBytes) {
  struct Check final : Parser::Handler {
    std::string_view fed;
    int inside = 0;
    bool on_frame(const Frame& frame) override {
      for (const auto text : {frame.event, frame.data, frame.last_event_id}) {
        inside += text.data() >= fed.data() && text.data() < fed.data() + fed.size() ? 1 : 0;
      }
      return true;
    }
    void on_oversized(std::uint64_t /*bytes*/, std::string_view /*head*/) override {}
  } check;
  const std::string fed = "event: x\nid: 1\ndata: a\n\nevent: y\nid: 2\ndata: b\n\n";
  check.fed = fed;
  Parser parser;
  parser.feed(fed, check);
  EXPECT_EQ(check.inside, 6);
}

TEST(SseParser, StopsWhenTheHandlerSaysSo) {
  struct Once final : Parser::Handler {
    int frames = 0;
    bool on_frame(const Frame& /*frame*/) override { return ++frames < 2; }
    void on_oversized(std::uint64_t /*bytes*/, std::string_view /*head*/) override {}
  } once;
  Parser parser;
  EXPECT_FALSE(parser.feed("data: a\n\ndata: b\n\ndata: c\n\n", once));
  EXPECT_EQ(once.frames, 2);
  parser.end(once);
  Recorder recorder;
  EXPECT_TRUE(parser.feed("data: d\n\n", recorder));
  EXPECT_EQ(recorder.result(parser).frames.size(), 1U);
}

TEST(SseParserLimit, SkipsAndReportsALineThatIsTooLongAndGoesOn) {
  const std::string long_line = "data: " + std::string(100, 'x');
  const auto got = parse("id: 1\ndata: a\n\nid: 2\n" + long_line + "\ndata: more\n\ndata: b\n\n", {}, 64);
  ASSERT_EQ(got.frames.size(), 2U);
  EXPECT_EQ(got.frames[1], (OwnedFrame{"message", "b", "1"}));
  EXPECT_THAT(got.oversized, ElementsAre(5 + long_line.size() + 10));
}

TEST(SseParserLimit, SkipsAnEventOfManyLinesThatIsTooLong) {
  std::string stream;
  for (int i = 0; i < 20; ++i) stream += "data: x\n";
  const auto got = parse(stream + "\ndata: b\n\n", {}, 64);
  ASSERT_EQ(got.frames.size(), 1U);
  EXPECT_THAT(got.oversized, ElementsAre(20 * 7));
}

TEST(SseParserLimit, TakesAnEventOfExactlyTheLimit) {
  const std::string line = "data: " + std::string(58, 'x');
  EXPECT_EQ(parse(line + "\n\n", {}, 64).frames.size(), 1U);
  EXPECT_EQ(parse(line + "x\n\n", {}, 64).frames.size(), 0U);
}

TEST(SseParserLimit, LetsALongCommentPass) {
  const auto got = parse("data: a\n:" + std::string(1000, 'x') + "\n\n", {500}, 64);
  EXPECT_EQ(got.frames.size(), 1U);
  EXPECT_THAT(got.oversized, IsEmpty());
}

TEST(SseParserLimit, ReportsWhatWasBeingSkippedWhenTheConnectionEnds) {
  EXPECT_THAT(parse("data: " + std::string(1000, 'x'), {10, 100, 3}, 64).oversized, ElementsAre(1006));
}

// However the bytes are split, as long as the data is what fills the limit.
TEST(SseParserLimit, ReportsAnUnfinishedLineThatMightHaveBecomeAByteOrderMark) {
  EXPECT_THAT(parse("\xEF\xBB", {}, 1).oversized, ElementsAre(2));
  EXPECT_THAT(parse("\xEF\xBB", {1}, 1).oversized, ElementsAre(2));
  EXPECT_THAT(parse("\xEF\xBB", {}, 2).oversized, IsEmpty());
  EXPECT_THAT(parse(":x", {}, 1).oversized, IsEmpty()) << "a comment has no size";
}

TEST(SseParserLimit, KeepsHowTheDataOfASkippedEventBegins) {
  const std::string data = std::string(10, 'a') + std::string(1 << 20U, 'b');
  const std::string stream = "event: message\nid: 7\ndata: first\ndata: " + data + "\ndata: more\n\n";
  for (const std::size_t piece : {std::size_t{1} << 21U, std::size_t{100'000}, std::size_t{4'093}}) {
    Parser parser(std::size_t{1} << 18U);
    Recorder recorder;
    for (std::size_t at = 0; at < stream.size(); at += piece) parser.feed(stream.substr(at, piece), recorder);
    ASSERT_EQ(recorder.heads.size(), 1U);
    EXPECT_EQ(recorder.heads[0], ("first\n" + data).substr(0, Parser::kHeadBytes));
    EXPECT_TRUE(parser.feed("data: " + data + "\ndata: x", recorder));
    parser.end(recorder);
    ASSERT_EQ(recorder.heads.size(), 2U) << "and where the connection ends before the event does";
    EXPECT_EQ(recorder.heads[1], data.substr(0, Parser::kHeadBytes));
  }
}

TEST(SseParserLimit, SkipsAnEventWithoutEndInBoundedMemory) {
  Parser parser(std::size_t{1} << 16U);
  Recorder recorder;
  const std::string piece(1 << 20U, 'x');
  for (int i = 0; i < 256; ++i) parser.feed(piece, recorder);
  EXPECT_LT(parser.memory(), std::size_t{1} << 19U);
  parser.feed("\n\ndata: a\n\n", recorder);
  const auto got = recorder.result(parser);
  EXPECT_EQ(got.frames.size(), 1U);
  EXPECT_THAT(got.oversized, ElementsAre(std::uint64_t{256} << 20U));
}

// Streams with everything in them that has a meaning, and what surrounds it.
std::string random_stream(std::mt19937_64& random) {
  static const Strings pieces = {"data",
                                 "data:",
                                 "data: ",
                                 "id: ",
                                 "id",
                                 "event: ",
                                 "retry: ",
                                 "\n",
                                 "\n",
                                 "\n\n",
                                 "\r",
                                 "\r\n",
                                 "\r\r",
                                 ":",
                                 "comment",
                                 "\xEF\xBB\xBF",
                                 "\xEF",
                                 "\xBB",
                                 "12",
                                 " ",
                                 "abc",
                                 "{\"a\":1}",
                                 "\xD7\xA9",
                                 std::string(1, '\0'),
                                 "data: {\"x\":\"y\"}\n\n",
                                 "id: [1]\n",
                                 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
  std::string stream;
  if (random() % 4 == 0) stream = "\xEF\xBB\xBF";
  const auto count = random() % 60;
  for (std::uint64_t i = 0; i < count; ++i) stream += pieces[random() % pieces.size()];
  return stream;
}

TEST(SseParserProperty, GivesTheSameAsTheReferenceHoweverTheBytesAreSplit) {
  std::mt19937_64 random(20261123);
  for (int round = 0; round < 4000; ++round) {
    const std::string stream = random_stream(random);
    const std::size_t limit = round % 2 == 0 ? Parser::kDefaultLimit : 1 + random() % 60;
    const Parsed expected = parse_by_reference(stream, limit);
    ASSERT_EQ(parse(stream, {}, limit), expected) << testing::PrintToString(stream);
    for (std::size_t at = 0; at <= stream.size(); ++at) {
      ASSERT_EQ(parse(stream, {at}, limit), expected) << testing::PrintToString(stream) << " split at " << at;
    }
    std::vector<std::size_t> sizes;
    for (std::size_t left = stream.size(); left > 0;) {
      sizes.push_back(random() % std::min<std::size_t>(left + 1, 9));
      left -= std::min(left, sizes.back());
    }
    ASSERT_EQ(parse(stream, sizes, limit), expected) << testing::PrintToString(stream);
    ASSERT_EQ(parse(stream, std::vector<std::size_t>(stream.size(), 1), limit), expected);
  }
}

}  // namespace
}  // namespace wikiflow::sse
