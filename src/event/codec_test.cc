#include "event/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace wikiflow {
namespace {

using testing::HasSubstr;

Change full_change() {
  Change change;
  change.id = *EventId::parse_uuid("e37fd191-07c4-45ec-8b1d-1701344bef32");
  change.domain = "en.wikipedia.org";
  change.title = "A \"quoted\" \\ title \U0001F600";
  change.user = "O'Neil & sons, \u05E9\u05DC\u05D5\u05DD";
  change.dt = from_unix_ms(1'585'521'500'042);
  change.type = "edit";
  change.ns = -1;
  change.wiki = "enwiki";
  change.bot = false;
  change.minor = true;
  change.length = {.before = std::nullopt, .after = 5'000'000'000};
  change.revision = {.before = 1, .after = 2};
  change.uri = "https://en.wikipedia.org/wiki/A";
  return change;
}

TEST(Codec, WritesTheThreeFieldsFirstAndSlashesAsTheyAre) {
  std::string out;
  encode_record(full_change(), out);
  EXPECT_EQ(
      out,
      R"({"domain":"en.wikipedia.org","title":"A \"quoted\" \\ title )"
      "\U0001F600\",\"user\":\"O'Neil & sons, \u05E9\u05DC\u05D5\u05DD\","
      R"("event_id":"e37fd191-07c4-45ec-8b1d-1701344bef32","dt":"2020-03-29T22:38:20.042Z","type":"edit",)"
      R"("namespace":-1,"wiki":"enwiki","bot":false,"minor":true,"length":{"new":5000000000},)"
      R"("revision":{"old":1,"new":2},"uri":"https://en.wikipedia.org/wiki/A"})");
}

TEST(Codec, ReadsBackWhatItWrote) {
  std::string out;
  encode_record(full_change(), out);
  RecordDecoder decoder;
  const auto read = decoder.decode(out);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(*read, full_change());
}

TEST(Codec, LeavesUnknownFieldsOut) {
  Change change;
  change.domain = "d";
  change.title = "t";
  std::string out;
  encode_record(change, out);
  EXPECT_EQ(out, R"({"domain":"d","title":"t","event_id":"00000000-0000-0000-0000-000000000000"})");
}

TEST(Codec, AcceptsARecordOfOnlyThreeFields) {
  RecordDecoder decoder;
  const std::string_view value = R"({"domain":"de.wikipedia.org","title":"Köln","user":"Bob"})";
  const auto counted = decoder.decode_counted(value);
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->domain, "de.wikipedia.org");
  EXPECT_EQ(counted->user, "Bob");
  const auto change = decoder.decode(value);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->id, EventId::derive_from_bytes(value));
}

TEST(Codec, TakesNamesInAnyOrderWithEscapesAndUnknownFieldsBetween) {
  RecordDecoder decoder;
  const auto counted = decoder.decode_counted(
      R"( { "x":[1,{"user":"not this"}], "us\u0065r" : "A\u00e9\/\n" , "title":"t","y":null,"domain":"d\\" } )");
  ASSERT_TRUE(counted) << counted.error().what;
  EXPECT_EQ(counted->domain, "d\\");
  EXPECT_EQ(counted->user, "A\u00e9/\n");
}

TEST(Codec, KeepsViewsOfABatchValidUntilCleared) {
  RecordDecoder decoder;
  std::vector<Counted> batch;
  std::vector<std::string> users;
  for (int i = 0; i < 5000; ++i) {
    users.push_back("user\\" + std::to_string(i));
    std::string value = R"({"domain":"d)" + std::to_string(i) + R"(","title":"t","user":"user\\)";
    batch.push_back(*decoder.decode_counted(value + std::to_string(i) + "\"}"));
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    ASSERT_EQ(batch[i].domain, "d" + std::to_string(i));
    ASSERT_EQ(batch[i].user, users[i]);
  }
}

TEST(Codec, TreatsAnAbsentAndANullUserAsSuppressed) {
  RecordDecoder decoder;
  EXPECT_EQ(decoder.decode_counted(R"({"domain":"d","title":"t"})")->user, std::nullopt);
  EXPECT_EQ(decoder.decode_counted(R"({"domain":"d","title":"t","user":null})")->user, std::nullopt);
  EXPECT_EQ(decoder.decode_counted(R"({"domain":"d","title":"t","user":""})")->user, "");
}

struct Refused {
  std::string_view value;
  std::string_view reason;
};

class CodecRefusal : public testing::TestWithParam<Refused> {};

TEST_P(CodecRefusal, SaysWhatIsWrong) {
  RecordDecoder decoder;
  const auto counted = decoder.decode_counted(GetParam().value);
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(counted.error().what, HasSubstr(GetParam().reason));
  EXPECT_FALSE(decoder.decode(GetParam().value));
  EXPECT_TRUE(decoder.decode_counted(R"({"domain":"d","title":"t"})")) << "the decoder goes on";
}

INSTANTIATE_TEST_SUITE_P(
    Values, CodecRefusal,
    testing::Values(Refused{"", "not JSON"}, Refused{"{", "JSON object"}, Refused{"[]", "not a JSON object"},
                    Refused{"\"x\"", "not a JSON object"},
                    Refused{"{\"domain\":\"d\",\"title\":\"t\"", "JSON"},
                    Refused{"{\"domain\":\"d\",\"title\":\"t\"} x", "JSON object"},
                    Refused{"{\"domain\":\"\xff\",\"title\":\"t\"}", "not JSON"},
                    Refused{"{\"domain\":\"d\",\"title\":\"\\x\"}", "'title' is not a string"},
                    Refused{R"({"domain":"d"})", "no 'title'"}, Refused{R"({"title":"t"})", "no 'domain'"},
                    Refused{R"({"domain":"","title":"t"})", "no 'domain'"},
                    Refused{R"({"domain":1,"title":"t"})", "'domain' is not a string"},
                    Refused{R"({"domain":"d","title":"t","user":7})", "'user' is not a string"}));

TEST(Codec, RefusesANameThatNoStoreCouldKeep) {
  RecordDecoder decoder;
  const std::string value =
      R"({"domain":"d","title":"t","user":")" + std::string(kMaxNameBytes + 1, 'u') + "\"}";
  ASSERT_FALSE(decoder.decode_counted(value));
  EXPECT_THAT(decoder.decode_counted(value).error().what, HasSubstr("more than 32768 bytes"));
}

TEST(Codec, KeepsARecordOfTheLongestNamesUnderTheLimit) {
  const auto worst = [](std::size_t n) { return std::string(n, '\x01'); };  // six bytes each in JSON
  const std::string name = worst(kMaxNameBytes);
  const std::string uri = worst(kMaxUriBytes);
  const std::string tag = worst(kMaxTagBytes);
  Change change = full_change();
  change.domain = change.title = name;
  change.user = name;
  change.uri = uri;
  change.wiki = change.type = tag;
  std::string out;
  encode_record(change, out);
  EXPECT_LT(out.size() + kMaxNameBytes + kMaxTagBytes, kMaxRecordBytes);
}

TEST(Codec, MakesKeysThatTellPagesApart) {
  Change a = full_change();
  Change b = full_change();
  b.wiki = "dewiki";
  std::string key_a;
  std::string key_b;
  encode_key(a, key_a);
  encode_key(b, key_b);
  EXPECT_NE(key_a, key_b);
  a.wiki.reset();
  encode_key(a, key_a);
  EXPECT_TRUE(key_a.starts_with("en.wikipedia.org"));
}

TEST(Codec, WritesAGapThatCountsAsNoChange) {
  std::string value;
  encode_gap(from_unix_ms(1'791'207'722'123), std::nullopt, value);
  EXPECT_EQ(value, R"({"type":"gap","from":"2026-10-05T13:42:02.123Z","to":null})");
  RecordDecoder decoder;
  EXPECT_FALSE(decoder.decode_counted(value));
}

}  // namespace
}  // namespace wikiflow
