
#include "pipeline/dead_letter_topic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event/codec.h"
#include "pipeline/place.h"
#include "pipeline/records_test.h"
#include "topic/fake/fake.h"

namespace wikiflow::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr auto kEvent =
    R"({"meta":{"id":"00000000-0000-4000-8000-000000000001","domain":"d"},"title":"t","user":"u"})";
constexpr auto kRecord = R"({"domain":"d","title":"t","user":"u"})";

DeadLetter dead(const std::string& data) {
  return dead_event({.oversized = false, .data = data, .bytes = data.size(), .id = "x", .why = "why"});
}
DeadLetter record(std::int64_t offset, const std::string& value) {
  const topic::Record read{.key = "k", .value = value, .offset = Offset{offset}, .time = {}};
  return dead_record(kTopic, "first", Partition{0}, read, "why");
}

class DeadLetterTopicTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(broker_.ensure({.name = kTopic, .partitions = 2}, 1s));
    ASSERT_TRUE(broker_.ensure({.name = kLetters, .partitions = 1}, 1s));
  }
  void write(const DeadLetter& letter) {
    topic::FakeRecord written{.key = "", .value = letter.value, .headers = {}, .time = {}, .offset = {}};
    for (const auto& [name, value] : headers_of(letter)) written.headers.emplace_back(name, value);
    broker_.append(kLetters, Partition{0}, written);
  }
  Result<DeadLetterList> list(std::size_t limit = 100) {
    return list_dead_letters(broker_, kLetters, limit, 10, 1s, {});
  }
  Result<Redriven> redrive() { return redrive_dead_letters(broker_, kLetters, kTopic, 1s, {}); }
  std::vector<topic::FakeRecord> changes() const {
    std::vector<topic::FakeRecord> all;
    for (int p = 0; p < 2; ++p) {
      for (auto& one : broker_.records(kTopic, Partition{p})) all.push_back(std::move(one));
    }
    return all;
  }

  Metrics metrics_;
  topic::FakeBroker broker_{metrics_, system_clock()};
};

TEST_F(DeadLetterTopicTest, ListsEachLetterOnceWithWhatIsKnownOfIt) {
  write(dead("{broken, and long"));
  write(record(7, "junk"));
  write(dead("{broken, and long"));
  broker_.append(kLetters, Partition{0},
                 {.key = "", .value = "of another", .headers = {}, .time = {}, .offset = {}});
  const auto listed = list();
  ASSERT_TRUE(listed) << listed.error().what;
  ASSERT_EQ(listed->letters.size(), 2U);
  EXPECT_EQ(listed->letters[0].letter.origin, "event x");
  EXPECT_EQ(listed->letters[0].letter.value, "{broken, a");
  EXPECT_EQ(listed->letters[0].kept, 17U);
  EXPECT_EQ(listed->letters[1].letter.origin, "record changes/0/7");
  EXPECT_EQ(listed->letters[1].letter.reason, DeadReason::undecodable);
  EXPECT_EQ(listed->letters[1].letter.why, "why");
  EXPECT_FALSE(listed->more);
  EXPECT_EQ(listed->foreign, 1U);
}

TEST_F(DeadLetterTopicTest, ListsTheOldestWhereThereAreMoreThanAskedFor) {
  for (int i = 0; i < 5; ++i) write(record(i, "junk"));
  const auto listed = list(2);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->letters.size(), 2U);
  EXPECT_EQ(listed->letters[1].letter.origin, "record changes/0/1");
  EXPECT_TRUE(listed->more);
}

TEST_F(DeadLetterTopicTest, RedrivesWhatCanBeDecodedNowUnderAnIdOfItsOwn) {
  write(dead(kEvent));
  write(dead("{broken"));
  write(record(3, kRecord));
  write(dead(kEvent));
  const auto redriven = redrive();
  ASSERT_TRUE(redriven) << redriven.error().what;
  EXPECT_EQ(redriven->written, 2U);
  EXPECT_EQ(redriven->undecodable, 1U);
  const auto records = changes();
  ASSERT_EQ(records.size(), 2U);
  RecordDecoder decoder;
  for (const auto& one : records) {
    const auto change = decoder.decode(one.value);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->domain, "d");
    EXPECT_EQ(id_in(one), change->id);
    EXPECT_EQ(source_in(one), "redrive");
  }
  EXPECT_NE(id_in(records[0]), id_in(records[1]));
  EXPECT_NE(id_in(records[0]), EventId::parse_uuid("00000000-0000-4000-8000-000000000001"));
}

TEST_F(DeadLetterTopicTest, RedrivesEachOnceHoweverOften) {
  write(dead(kEvent));
  ASSERT_EQ(redrive()->written, 1U);
  const auto again = redrive();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->written, 0U);
  EXPECT_EQ(again->before, 1U);
  EXPECT_EQ(changes().size(), 1U);
  EXPECT_TRUE(list()->letters.at(0).redriven);
  EXPECT_EQ(list()->foreign, 0U) << "a note is none of them";
}

TEST_F(DeadLetterTopicTest, RedrivesUnderTheSameIdWhenItsNoteIsGone) {
  write(dead(kEvent));
  ASSERT_EQ(redrive()->written, 1U);
  broker_.expire(kLetters, Partition{0}, Offset{4});  // the letter, and three notes
  write(dead(kEvent));
  ASSERT_EQ(redrive()->written, 1U);
  ASSERT_EQ(changes().size(), 2U);
  EXPECT_EQ(id_in(changes()[0]), id_in(changes()[1]));
}

// As a redrive leaves the topic that is killed when its record is acknowledged and its note is not written.
class CutShort : public DeadLetterTopicTest {
 protected:
  void SetUp() override {
    DeadLetterTopicTest::SetUp();
    broker_.append(kTopic, Partition{0}, other());
    write(dead(kEvent));
    ASSERT_EQ(redrive()->written, 1U);
    auto all = broker_.records(kLetters, Partition{0});
    ASSERT_EQ(all.size(), 4U) << "letter, mark, note, mark";
    broker_.expire(kLetters, Partition{0}, Offset{4});
    append(all[0]);
    append(all[1]);
    for (int i = 0; i < 10; ++i) broker_.append(kTopic, Partition{i % 2}, other());
    written_ = changes().size();
  }
  void append(const topic::FakeRecord& record) { broker_.append(kLetters, Partition{0}, record); }
  static topic::FakeRecord other() {
    return {.key = "k", .value = kRecord, .headers = {}, .time = {}, .offset = {}};
  }

  std::size_t written_ = 0;
};

TEST_F(CutShort, IsNotWrittenAgain) {
  const auto redriven = redrive();
  ASSERT_TRUE(redriven) << redriven.error().what;
  EXPECT_EQ(redriven->written, 0U);
  EXPECT_EQ(redriven->before, 1U);
  EXPECT_EQ(changes().size(), written_);
  EXPECT_TRUE(list()->letters.at(0).redriven) << "the note is there now";
  EXPECT_EQ(list()->foreign, 0U) << "nor are marks";
}

TEST_F(CutShort, IsLookedForNextTimeOnlyBehindWhereThisOneLooked) {
  std::string ends;
  for (int p = 0; p < 2; ++p) {
    ends += (p == 0 ? "0:" : " 1:") + std::to_string(broker_.records(kTopic, Partition{p}).size());
  }
  ASSERT_TRUE(redrive());
  const auto mark = broker_.records(kLetters, Partition{0}).back();
  EXPECT_EQ(mark.headers.at(0).first, "wikiflow-dead-redrive-begun");
  EXPECT_EQ(mark.value, ends);
}

TEST_F(DeadLetterTopicTest, LeavesWhatIsCut) {
  write(dead(kEvent + std::string(DeadLetter::kKeptBytes, ' ')));
  write(dead_event({.oversized = true, .data = kEvent, .bytes = 5'000'000, .id = {}, .why = "too large"}));
  const auto redriven = redrive();
  ASSERT_TRUE(redriven);
  EXPECT_EQ(redriven->cut, 2U);
  EXPECT_TRUE(changes().empty());
}

TEST_F(DeadLetterTopicTest, KeepsTheProducersPlaceBehindWhatItWrites) {
  const source::Position at({{"eqiad.mediawiki.recentchange", 0, from_unix_ms(1'791'207'722'000), true}});
  std::string interval;
  source::Interval{at, at}.encode(interval);
  broker_.append(
      kTopic, Partition{1},
      {.key = "k", .value = kRecord, .headers = headers_of({}, interval), .time = {}, .offset = {}});
  write(dead(kEvent));
  ASSERT_TRUE(redrive());
  for (int p = 0; p < 2; ++p) broker_.expire(kTopic, Partition{p}, Offset{p});
  const auto tails = broker_.tails(kTopic, 1, 1s);
  ASSERT_TRUE(tails);
  const auto place = find_place(*tails, std::nullopt);
  ASSERT_TRUE(place.known);
  EXPECT_EQ(place.known->through, at);
}

TEST_F(DeadLetterTopicTest, SaysThatATopicIsMissingOrCannotBeRead) {
  EXPECT_FALSE(list_dead_letters(broker_, "another.dlq", 1, 1, 1s, {}));
  write(dead(kEvent));
  broker_.away(true);
  const auto read = list_dead_letters(broker_, kLetters, 1, 1, 400ms, {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::transient);
}

}  // namespace
}  // namespace wikiflow::pipeline
