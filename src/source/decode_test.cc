#include "source/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <string>
#include <vector>

#include "event/codec.h"

namespace wikiflow::source {
namespace {

namespace dom = simdjson::dom;

// A line of testdata/oddities.ndjson. The event is what stands in the line behind its key, byte for byte.
struct Oddity {
  std::string name;
  std::string line;
  std::string data;
};

std::vector<Oddity> oddities() {
  std::ifstream file(WIKIFLOW_SOURCE_DIR "/testdata/oddities.ndjson");
  std::vector<Oddity> all;
  dom::parser parser;
  constexpr std::string_view kEvent = ",\"event\":";
  for (std::string line; std::getline(file, line);) {
    const dom::element element = parser.parse(line);
    std::string_view raw;
    std::string data;
    if (element["raw"].get(raw) == simdjson::SUCCESS) {
      data = raw;
    } else {
      const std::size_t begin = line.find(kEvent) + kEvent.size();
      data = line.substr(begin, line.size() - 1 - begin);
    }
    all.push_back({std::string(std::string_view(element["name"])), line, data});
  }
  return all;
}

class OddityTest : public testing::TestWithParam<Oddity> {
 protected:
  void SetUp() override { expect_ = parser_.parse(GetParam().line)["expect"]; }

  std::string kind() { return std::string(std::string_view(expect_["kind"])); }
  std::optional<std::string_view> text(const char* key) {
    std::string_view value;
    return expect_[key].get(value) == simdjson::SUCCESS ? std::optional(value) : std::nullopt;
  }
  std::optional<std::int64_t> integer(const char* key) { return integer(expect_, key); }
  static std::optional<std::int64_t> integer(dom::element of, const char* key) {
    std::int64_t value = 0;
    return of[key].get(value) == simdjson::SUCCESS ? std::optional(value) : std::nullopt;
  }
  std::optional<bool> flag(const char* key) {
    bool value = false;
    return expect_[key].get(value) == simdjson::SUCCESS ? std::optional(value) : std::nullopt;
  }
  OldNew old_new(const char* key) {
    dom::element value;
    if (expect_[key].get(value) != simdjson::SUCCESS || !value.is_object()) return {};
    return {.before = integer(value, "old"), .after = integer(value, "new")};
  }
  EventId identity() {
    const auto from = text("identity");
    if (from == "bytes") return EventId::derive_from_bytes(GetParam().data);
    if (from == "meta.id") return EventId::parse_uuid(*text("event_id")).value_or(EventId{});
    dom::parser parser;
    const dom::element meta = parser.parse(GetParam().data)["meta"];
    return EventId::derive_from_origin(std::string_view(meta["topic"]), meta["partition"], meta["offset"]);
  }

  dom::parser parser_;
  dom::element expect_;
};

TEST_P(OddityTest, IsTakenAsItShouldBe) {
  EventDecoder decoder;
  const auto decoded = decoder.decode(GetParam().data);
  if (kind() == "malformed") {
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().kind, ErrorKind::bad_input);
    EXPECT_FALSE(decoded.error().what.empty());
    return;
  }
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(decoded->canary, kind() == "canary");
  if (decoded->canary) return;
  const Change& change = decoded->change;
  EXPECT_EQ(change.id.to_string(), identity().to_string());
  EXPECT_EQ(change.domain, text("domain"));
  EXPECT_EQ(change.title, text("title"));
  EXPECT_EQ(change.user, text("user"));
  EXPECT_EQ(change.type, text("type"));
  EXPECT_EQ(change.wiki, text("wiki"));
  EXPECT_EQ(change.uri, text("uri"));
  EXPECT_EQ(change.ns, integer("namespace"));
  EXPECT_EQ(change.bot, flag("bot"));
  EXPECT_EQ(change.minor, flag("minor"));
  EXPECT_EQ(change.length, old_new("length"));
  EXPECT_EQ(change.revision, old_new("revision"));
  EXPECT_EQ(change.dt ? std::optional(format_rfc3339(*change.dt)) : std::nullopt, text("dt"));
}

TEST_P(OddityTest, SurvivesTheRecord) {
  EventDecoder events;
  RecordDecoder records;
  const auto decoded = events.decode(GetParam().data);
  if (!decoded || decoded->canary) {
    EXPECT_NE(kind(), "change");
    return;
  }
  std::string value;
  encode_record(decoded->change, value);
  const auto read = records.decode(value);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(*read, decoded->change);
}

INSTANTIATE_TEST_SUITE_P(All, OddityTest, testing::ValuesIn(oddities()), [](const auto& tested) {
  std::string name = std::to_string(tested.index) + "_";
  for (const char c : tested.param.name) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

TEST(EventDecoder, TakesAnIdThatIsNoUuidAsAName) {
  EventDecoder decoder;
  const auto decoded = decoder.decode(R"({"meta":{"id":"abc","domain":"d"},"title":"t"})");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->change.id, EventId::derive_from_bytes("abc"));
}

TEST(EventDecoder, LeavesOutLongValuesThatNothingIsCountedBy) {
  EventDecoder decoder;
  const auto decoded =
      decoder.decode(R"({"meta":{"id":"abc","domain":"d","uri":")" + std::string(kMaxUriBytes + 1, 'u') +
                     R"("},"title":"t","type":")" + std::string(kMaxTagBytes + 1, 't') + "\"}");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->change.uri, std::nullopt);
  EXPECT_EQ(decoded->change.type, std::nullopt);
}

}  // namespace
}  // namespace wikiflow::source
