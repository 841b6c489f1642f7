// The driver, the schema and the session over a real Cassandra, which WIKIFLOW_TEST_CASSANDRA names.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/eventually.h"
#include "store/cassandra/contract/server.h"
#include "store/cassandra/cql_session.h"
#include "store/cassandra/schema.h"

namespace wikiflow::store::cassandra {
namespace {

std::unique_ptr<Session> session() {
  static const bool made = make_schema(*connect(), options().keyspace).has_value();
  EXPECT_TRUE(made);
  auto opened = open_session(options());
  if (!opened) {
    ADD_FAILURE() << opened.error().what;
    std::abort();
  }
  return std::move(*opened);
}

Result<void> write(Session& to, const Place& place, const std::vector<CountRow>& rows) {
  std::promise<Result<void>> written;
  to.write_counts(place, rows, [&](const Result<void>& result) { written.set_value(result); });
  return written.get_future().get();
}

Result<void> write(Session& to, const std::string& generation, Partition partition,
                   const Checkpoint& checkpoint) {
  std::promise<Result<void>> written;
  to.write_checkpoint(generation, partition, checkpoint,
                      [&](const Result<void>& result) { written.set_value(result); });
  return written.get_future().get();
}

std::map<std::string, std::pair<std::uint64_t, std::int64_t>> read(Session& from, const Place& place) {
  std::map<std::string, std::pair<std::uint64_t, std::int64_t>> rows;
  const auto done = from.read_counts(place, [&](const CountRow& row) {
    rows[std::string(row.key)] = {row.count, row.included.value};
  });
  EXPECT_TRUE(done) << done.error().what;
  return rows;
}

TEST(CassandraSession, KeepsRowsOfCountsWithWhatTheyInclude) {
  const auto on = session();
  const Place place{unique("rows"), Partition{3}, Kind::user, 7};
  const std::string odd("a\0'\xFF", 4);
  ASSERT_TRUE(write(*on, place, {{"Köln", 1, Offset{5}}, {odd, 1ULL << 40, Offset{6}}, {"", 2, Offset{7}}}));
  EXPECT_THAT(read(*on, place), testing::ElementsAre(testing::Pair("", testing::Pair(2, 7)),
                                                     testing::Pair("K\xC3\xB6ln", testing::Pair(1, 5)),
                                                     testing::Pair(odd, testing::Pair(1ULL << 40, 6))));
  EXPECT_TRUE(read(*on, {place.generation, Partition{3}, Kind::user, 6}).empty());
}

TEST(CassandraSession, TheLargerOffsetStandsWhateverComesLast) {
  const auto on = session();
  const Place place{unique("stale"), Partition{0}, Kind::domain, 0};
  ASSERT_TRUE(write(*on, place, {{"d", 20, Offset{200}}}));
  ASSERT_TRUE(write(*on, place, {{"d", 10, Offset{100}}}));
  EXPECT_EQ(read(*on, place)["d"], std::pair(std::uint64_t{20}, std::int64_t{200}));

  ASSERT_TRUE(write(*on, place.generation, Partition{0}, {.next = Offset{200}, .counted = 20}));
  ASSERT_TRUE(write(*on, place.generation, Partition{0}, {.next = Offset{100}, .counted = 10}));
  EXPECT_EQ((*on->read_checkpoints(place.generation))[Partition{0}].next, Offset{200});
}

TEST(CassandraSession, WriteTimesFollowFromOffsetsInBatchesToo) {
  const auto on = session();
  const Place place{unique("times"), Partition{1}, Kind::user, 2};
  ASSERT_TRUE(write(*on, place, {{"one", 1, Offset{11}}}));
  ASSERT_TRUE(write(*on, place, {{"two", 1, Offset{12}}, {"three", 1, Offset{13}}}));
  ASSERT_TRUE(write(*on, place.generation, Partition{1}, {.next = Offset{13}}));
  const auto raw = connect();
  const auto counts = raw->prepare(
      "SELECT key, WRITETIME(count), WRITETIME(included), TTL(count) FROM wikiflow_contract.counts "
      "WHERE generation = ? AND partition = 1 AND kind = 1 AND bucket = 2");
  ASSERT_TRUE(counts) << counts.error().what;
  std::map<std::string, std::int64_t> times;
  const std::array<Value, 1> generation{std::string_view(place.generation)};
  ASSERT_TRUE(raw->read(*counts, generation, [&](std::span<const Value> row) {
    times[std::string(std::get<std::string_view>(row[0]))] = std::get<std::int64_t>(row[1]);
    EXPECT_EQ(row[1], row[2]);
  }));
  EXPECT_THAT(times, testing::UnorderedElementsAre(testing::Pair("one", write_time(Offset{11})),
                                                   testing::Pair("two", write_time(Offset{12})),
                                                   testing::Pair("three", write_time(Offset{13}))));
  const auto checkpoints = raw->prepare(
      "SELECT WRITETIME(next), WRITETIME(counted) FROM wikiflow_contract.checkpoints WHERE generation = ?");
  ASSERT_TRUE(checkpoints) << checkpoints.error().what;
  int rows = 0;
  ASSERT_TRUE(raw->read(*checkpoints, generation, [&](std::span<const Value> row) {
    ++rows;
    EXPECT_EQ(std::get<std::int64_t>(row[0]), write_time(Offset{13}));
    EXPECT_EQ(row[0], row[1]);
  }));
  EXPECT_EQ(rows, 1);
}

TEST(CassandraSession, KnowsTheDataCentresAndRefusesOneThatIsNone) {
  EXPECT_EQ(connect()->data_centres(), std::set<std::string>{"datacenter1"});
  ConnectionOptions elsewhere = options();
  elsewhere.local_dc = "elsewhere";
  const auto opened = open_session(elsewhere);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().what, testing::HasSubstr("datacenter1"));
}

TEST(CassandraSession, SaysWhenARowIsNotOneOfOurs) {
  const auto on = session();
  const auto generation = unique("foreign");
  const auto raw = connect();
  ASSERT_TRUE(
      raw->run("INSERT INTO wikiflow_contract.counts (generation, partition, kind, bucket, key) VALUES ('" +
               generation + "', 2, 1, 3, 0x61)"));
  int rows = 0;
  const auto read =
      on->read_counts({generation, Partition{2}, Kind::user, 3}, [&](const CountRow&) { ++rows; });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::fatal);
  EXPECT_THAT(read.error().what, testing::HasSubstr("did not write"));
  EXPECT_EQ(rows, 0);
}

TEST(CassandraSession, KeepsEveryPartOfACheckpoint) {
  const auto on = session();
  const auto generation = unique("checkpoint");
  const Checkpoint whole{.next = Offset{1LL << 40},
                         .leader_epoch = 7,
                         .last_record = 0xFEDC'BA98'7654'3210U,
                         .counted = 123'456'789'012,
                         .exact = false,
                         .since = from_unix_ms(1'791'207'722'123)};
  const Checkpoint plain{.next = Offset{3}, .counted = 2};
  ASSERT_TRUE(write(*on, generation, Partition{0}, whole));
  ASSERT_TRUE(write(*on, generation, Partition{5}, plain));
  const auto found = on->read_checkpoints(generation);
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(*found, (Checkpoints{{Partition{0}, whole}, {Partition{5}, plain}}));
}

TEST(CassandraSession, TheLatestGenerationOfATopicIsTheCurrentOne) {
  const auto on = session();
  const auto topic = unique("topic");
  EXPECT_FALSE(on->read_generation(topic)->has_value());
  const Identity identity{.topic = topic, .generation = "g", .partitions = 6, .dedupe_window = 600};
  ASSERT_TRUE(on->write_generation({1, identity}));
  ASSERT_TRUE(on->write_generation({2, identity}));
  const auto found = on->read_generation(topic);
  ASSERT_TRUE(found && found->has_value());
  EXPECT_EQ((*found)->number, 2);
  EXPECT_EQ((*found)->identity, identity);
}

TEST(CassandraSession, ReadsMoreRowsThanAPageHolds) {
  const auto on = session();
  const Place place{unique("pages"), Partition{0}, Kind::user, 0};
  constexpr int kRows = 12'000;
  std::vector<std::string> keys;
  for (int i = 0; i < kRows; ++i) keys.push_back("user" + std::to_string(i));
  for (int begin = 0; begin < kRows; begin += 100) {
    std::vector<CountRow> rows;
    for (int i = begin; i < begin + 100; ++i) {
      rows.push_back({keys[static_cast<std::size_t>(i)], 1, Offset{1}});
    }
    ASSERT_TRUE(eventually([&] { return write(*on, place, rows).has_value(); }));
  }
  EXPECT_EQ(read(*on, place).size(), kRows);
}

TEST(CassandraSession, ErrorsSayWhatCanBeDone) {
  auto wrong = options();
  wrong.password = "wrong";
  EXPECT_EQ(Connection::open(wrong).error().kind, ErrorKind::fatal);
  wrong = options();
  wrong.hosts = "127.0.0.1:1";
  EXPECT_EQ(Connection::open(wrong).error().kind, ErrorKind::transient);
  wrong = options();
  wrong.consistency = "SOME";
  EXPECT_EQ(Connection::open(wrong).error().kind, ErrorKind::bad_input);
  wrong = options();
  wrong.keyspace = "not_there";
  const auto missing = open_session(wrong);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::fatal);
  EXPECT_THAT(missing.error().what, testing::HasSubstr("consumer store init"));
  EXPECT_EQ(connect()->run("SELEKT").error().kind, ErrorKind::bad_input);
  const std::string long_key(70'000, 'x');
  EXPECT_EQ(write(*session(), {unique("long"), {}, Kind::user, 0}, {{long_key, 1, Offset{1}}}).error().kind,
            ErrorKind::bad_input);
}

TEST(CassandraSession, SpeaksTlsUnderACaThatItKnowsAndNoOther) {
  auto secure = options();
  secure.tls_ca = environment("WIKIFLOW_TEST_CASSANDRA_CA");
  EXPECT_TRUE(Connection::open(secure));
  secure.tls_ca = environment("WIKIFLOW_TEST_CASSANDRA_DIR") + "/cassandra.crt";
  const auto refused = Connection::open(secure);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::fatal) << refused.error().what;
}

TEST(CassandraSession, WritesFailWhileTheServerIsGoneAndSucceedWhenItIsBack) {
  const auto on = session();
  const Place place{unique("gone"), Partition{0}, Kind::domain, 0};
  ASSERT_TRUE(write(*on, place, {{"before", 1, Offset{1}}}));
  ASSERT_EQ(server("kill"), 0);
  const auto gone = write(*on, place, {{"while", 1, Offset{1}}});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::transient) << gone.error().what;
  ASSERT_EQ(server("up"), 0);
  EXPECT_TRUE(eventually(
      [&] {
        return write(*on, place, {{"after", 1, Offset{1}}}).has_value();
      },
      std::chrono::seconds(120)));
  const auto rows = read(*on, place);
  EXPECT_TRUE(rows.contains("before"));
  EXPECT_TRUE(rows.contains("after"));
}

TEST(CassandraSession, EveryWriteIsAnsweredBeforeASessionIsGone) {
  auto on = session();
  std::atomic<int> answered = 0;
  const Place place{unique("close"), Partition{0}, Kind::domain, 0};
  for (int i = 0; i < 200; ++i) {
    on->write_counts(place, std::array{CountRow{"d", 1, Offset{1}}},
                     [&](const Result<void>&) { ++answered; });
  }
  on.reset();
  EXPECT_EQ(answered, 200);
}

}  // namespace
}  // namespace wikiflow::store::cassandra
