#include "topic/fake/fake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/clock_fake.h"

namespace wikiflow::topic {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::chrono::milliseconds kNow{0};
constexpr std::chrono::seconds kPatience{60};

class FakeBrokerTest : public testing::Test {
 protected:
  FakeBrokerTest() {
    TopicSpec spec;
    spec.name = "t";
    spec.partitions = 1;
    EXPECT_TRUE(broker_.ensure(spec, kPatience));
    writer_ = fresh_writer();
  }

  std::unique_ptr<Writer> fresh_writer() { return std::move(*broker_.writer("t")); }
  std::unique_ptr<Reader> fresh_reader() { return std::move(*broker_.reader("t", {})); }
  Result<void> send(const std::string& key, std::stop_token stop = {}) {
    return writer_->send({key, "value of " + key, {}}, stop);
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> all;
    for (const auto& record : broker_.records("t", {0})) all.push_back(record.key);
    return all;
  }

  Metrics metrics_;
  FakeClock clock_;
  FakeBroker broker_{metrics_, clock_, {.max_in_flight = 64, .max_record_bytes = 1000}};
  std::unique_ptr<Writer> writer_;
};

TEST_F(FakeBrokerTest, AcknowledgesOnlyAGaplessPrefixWhenAcknowledgementsComeOutOfOrder) {
  broker_.hold_acknowledgements(true);
  for (const char* key : {"a", "b", "c", "d"}) ASSERT_TRUE(send(key));
  EXPECT_THAT(broker_.held("t"), ElementsAre(0, 1, 2, 3));
  broker_.acknowledge("t", 2);
  broker_.acknowledge("t", 1);
  EXPECT_EQ(writer_->acknowledged(), 0U);
  broker_.acknowledge("t", 0);
  EXPECT_EQ(writer_->acknowledged(), 3U);
  const auto early = writer_->flush(kNow);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().kind, ErrorKind::transient);
  broker_.hold_acknowledgements(false);
  EXPECT_TRUE(writer_->flush(kPatience));
  EXPECT_EQ(writer_->acknowledged(), 4U);
}

TEST_F(FakeBrokerTest, BlocksASenderWhileItIsAwayAndLosesNothing) {
  broker_.away(true);
  EXPECT_THAT(writer_->trouble().value_or(""), HasSubstr("away"));
  std::thread sender([&] {
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(send("k" + std::to_string(i)));
  });
  while (broker_.blocked_sends() == 0) std::this_thread::yield();
  EXPECT_EQ(writer_->acknowledged(), 0U);
  EXPECT_TRUE(keys().empty());
  broker_.away(false);
  sender.join();
  EXPECT_TRUE(writer_->flush(kPatience));
  EXPECT_EQ(keys().size(), 100U);
  EXPECT_EQ(keys().back(), "k99");
  EXPECT_FALSE(writer_->trouble());
}

TEST_F(FakeBrokerTest, LetsABlockedSenderGoWhenStopIsRequested) {
  broker_.away(true);
  std::stop_source stop;
  std::optional<Error> error;
  int sent = 0;
  std::thread sender([&] {
    while (!error) {
      const auto result = send("k", stop.get_token());
      if (!result) {
        error = result.error();
      } else {
        ++sent;
      }
    }
  });
  while (broker_.blocked_sends() == 0) std::this_thread::yield();
  stop.request_stop();
  sender.join();
  EXPECT_EQ(error->kind, ErrorKind::transient);
  broker_.away(false);
  EXPECT_EQ(keys().size(), static_cast<std::size_t>(sent)) << "the record that was refused is not taken";
}

TEST_F(FakeBrokerTest, FailsAWriterForGoodButNotTheNext) {
  ASSERT_TRUE(send("a"));
  broker_.fail_next_sends(1);
  const auto failed = send("b");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::fatal);
  EXPECT_FALSE(send("c"));
  EXPECT_FALSE(writer_->flush(kPatience));
  EXPECT_EQ(writer_->acknowledged(), 1U);
  writer_ = fresh_writer();
  EXPECT_TRUE(send("b"));
  EXPECT_THAT(keys(), ElementsAre("a", "b"));
}

TEST_F(FakeBrokerTest, FailsWritersThatHaveRecordsInFlight) {
  broker_.away(true);
  ASSERT_TRUE(send("a"));
  broker_.fail_writers("the producer was fenced");
  EXPECT_EQ(writer_->trouble(), "the producer was fenced");
  EXPECT_THAT(send("b").error().what, HasSubstr("fenced"));
  broker_.away(false);
  EXPECT_TRUE(keys().empty());
  EXPECT_EQ(writer_->acknowledged(), 0U);
}

TEST_F(FakeBrokerTest, RefusesARecordAloneAndCountsItAsPassed) {
  broker_.refuse_next(1);
  ASSERT_TRUE(send("bad"));
  ASSERT_TRUE(send("good"));
  EXPECT_EQ(writer_->acknowledged(), 2U);
  EXPECT_EQ(writer_->refused(), 1U);
  const auto refused = writer_->take_refused();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].sequence, 0U);
  EXPECT_TRUE(writer_->take_refused().empty()) << "each is handed out once";
  EXPECT_THAT(keys(), ElementsAre("good"));
  EXPECT_EQ(writer_->send({"k", std::string(1000, 'x'), {}}, {}).error().kind, ErrorKind::bad_input);
}

TEST_F(FakeBrokerTest, DuplicatesEveryNthRecord) {
  broker_.duplicate_every(2);
  for (const char* key : {"a", "b", "c", "d"}) ASSERT_TRUE(send(key));
  EXPECT_THAT(keys(), ElementsAre("a", "b", "b", "c", "d", "d"));
}

TEST_F(FakeBrokerTest, ReordersDifferentKeysButNotTheRecordsOfOne) {
  broker_.reorder(4);
  for (const char* key : {"a", "b", "a", "c"}) ASSERT_TRUE(send(key));
  EXPECT_THAT(keys(), ElementsAre("c", "b", "a", "a"));
  ASSERT_TRUE(send("z"));
  EXPECT_EQ(keys().size(), 4U);
  EXPECT_TRUE(writer_->flush(kPatience)) << "flushing writes what was held for reordering";
  EXPECT_EQ(keys().back(), "z");
}

TEST_F(FakeBrokerTest, GivesReadersNothingUntilTheGateOpens) {
  broker_.gate(false);
  const auto reader = fresh_reader();
  ASSERT_TRUE(send("a"));
  EXPECT_FALSE(*reader->next(kNow, {}));
  broker_.gate(true);
  const auto batch = reader->next(kPatience, {});
  ASSERT_TRUE(batch && *batch);
  EXPECT_EQ((*batch)->records().front().key, "a");
}

TEST_F(FakeBrokerTest, StopsAnsweringReadersWhileItIsAway) {
  const auto reader = fresh_reader();
  const auto contact = reader->last_contact();
  broker_.away(true);
  clock_.advance(std::chrono::seconds{5});
  EXPECT_EQ(reader->last_contact(), contact);
  EXPECT_TRUE(reader->trouble());
  reader->commit({0}, {1});
  EXPECT_FALSE(reader->flush_commits(kPatience));
  EXPECT_FALSE(broker_.reader("t", {}));
  EXPECT_FALSE(broker_.ensure({}, kPatience));
  broker_.away(false);
  EXPECT_GT(reader->last_contact(), contact);
  EXPECT_TRUE(reader->flush_commits(kPatience));
  EXPECT_EQ(broker_.committed("", "t").at({0}), Offset{1});
}

TEST_F(FakeBrokerTest, AppendsWhatSomebodyElseWrote) {
  broker_.append("t", {0}, {"their key", "their value", {{"h", "1"}}, {}, {}});
  const auto reader = fresh_reader();
  const auto batch = reader->next(kPatience, {});
  ASSERT_TRUE(batch && *batch);
  EXPECT_EQ((*batch)->header((*batch)->records().front(), "h"), "1");
  EXPECT_EQ((*batch)->records().front().time, clock_.now());
}

}  // namespace
}  // namespace wikiflow::topic
