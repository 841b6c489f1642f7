#include "store/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <tuple>
#include <vector>

namespace wikiflow::store {
namespace {

using testing::HasSubstr;
using testing::Not;

using Row = std::tuple<bool, std::string, std::uint64_t, int, std::int64_t>;

Row row_of(const ArchiveRow& row) {
  return {row.user, std::string(row.key), row.count, row.partition.number, row.included.value};
}

class ArchiveTest : public testing::Test {
 protected:
  ArchiveTest() {
    head_.identity = {.topic = "t\"1\"", .generation = "g", .partitions = 3, .dedupe_window = 100};
    head_.by_partition = true;
    head_.checkpoints[Partition{0}] = {.next = Offset{9},
                                       .leader_epoch = 4,
                                       .last_record = 0xFEDC'BA98'7654'3210U,
                                       .counted = 7,
                                       .exact = false,
                                       .since = from_unix_ms(1'791'207'722'123)};
    head_.checkpoints[Partition{2}] = {.next = Offset{5}, .counted = 2};
  }
  std::vector<Row> rows() const {
    return {{false, "d", 7, 0, 9},
            {true, "Ω \"quoted\\\n\x01 \u2028", 6, 0, 8},
            {false, "", 2, 2, 5},
            {true, "Ω", 1, 2, 5}};
  }
  Result<void> write(const std::vector<Row>& rows) {
    ArchiveWriter writer(text_, head_);
    for (const auto& [user, key, count, partition, included] : rows) {
      const auto added = writer.add({.user = user,
                                     .key = key,
                                     .count = count,
                                     .partition = Partition{partition},
                                     .included = Offset{included}});
      if (!added) return added;
    }
    return writer.finish();
  }
  // All rows, or the error.
  static Result<std::vector<Row>> read(const std::string& text) {
    std::istringstream in(text);
    auto reader = ArchiveReader::open(in);
    if (!reader) return tl::make_unexpected(reader.error());
    std::vector<Row> rows;
    while (true) {
      const auto row = reader->next();
      if (!row) return tl::make_unexpected(row.error());
      if (!*row) return rows;
      rows.push_back(row_of(**row));
    }
  }
  static std::string refusal(const std::string& text) {
    const auto rows = read(text);
    return rows ? "" : rows.error().what;
  }

  ArchiveHead head_;
  std::ostringstream text_;
};

TEST_F(ArchiveTest, GivesBackWhatWasWritten) {
  ASSERT_TRUE(write(rows()));
  std::istringstream in(text_.str());
  const auto reader = ArchiveReader::open(in);
  ASSERT_TRUE(reader) << reader.error().what;
  EXPECT_EQ(reader->head().identity, head_.identity);
  EXPECT_EQ(reader->head().by_partition, true);
  EXPECT_EQ(reader->head().checkpoints, head_.checkpoints);
  const auto found = read(text_.str());
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(*found, rows());
}

TEST_F(ArchiveTest, HasNoPlacesWhereRowsAreSummed) {
  head_.by_partition = false;
  ASSERT_TRUE(write({{false, "d", 9, 0, 0}, {true, "u", 1, 0, 0}}));
  EXPECT_THAT(text_.str(), HasSubstr("{\"domain\":\"d\",\"count\":9}\n"));
  EXPECT_EQ(read(text_.str())->size(), 2U);
}

TEST_F(ArchiveTest, KnowsWhenItWasCutOff) {
  ASSERT_TRUE(write(rows()));
  const std::string whole = text_.str();
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    EXPECT_NE(refusal(whole.substr(0, size)), "") << size;
  }
  EXPECT_EQ(refusal(whole.substr(0, whole.size() - 1)), "");  // the end of the last line
}

TEST_F(ArchiveTest, KnowsWhenALineIsMissingOrAnotherWasPutIn) {
  ASSERT_TRUE(write(rows()));
  const std::string whole = text_.str();
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t end = whole.find('\n', begin) + 1;
    EXPECT_NE(refusal(whole.substr(0, begin) + whole.substr(end)), "") << whole.substr(begin, end - begin);
    EXPECT_NE(refusal(whole.substr(0, end) + whole.substr(begin)), "") << whole.substr(begin, end - begin);
    begin = end;
  }
}

TEST_F(ArchiveTest, NamesTheLineThatItCannotRead) {
  ASSERT_TRUE(write(rows()));
  const std::string whole = text_.str();
  const auto with = [&](const std::string& what, const std::string& by) {
    std::string text = whole;
    return refusal(text.replace(text.find(what), what.size(), by));
  };
  EXPECT_THAT(refusal("hello\n"), HasSubstr("line 1 of what is to be imported is no JSON object"));
  EXPECT_THAT(refusal("{}\n"), HasSubstr("line 1"));
  EXPECT_THAT(with("\"wikiflow_counts\":1", "\"wikiflow_counts\":2"), HasSubstr("does not know"));
  EXPECT_THAT(with("\"partitions\":3", "\"partitions\":\"3\""), HasSubstr("line 1"));
  EXPECT_THAT(with("\"partition\":2,\"next\"", "\"partition\":3,\"next\""), HasSubstr("line 3"));
  EXPECT_THAT(with("\"partition\":2,\"next\"", "\"partition\":0,\"next\""), HasSubstr("a second checkpoint"));
  EXPECT_THAT(with("\"count\":7", "\"count\":0"), HasSubstr("line 4"));
  EXPECT_THAT(with("\"count\":7", "\"count\":-7"), HasSubstr("line 4"));
  EXPECT_THAT(with("\"domain\":\"d\"", "\"domain\":\"\xff\""), HasSubstr("line 4"));
  EXPECT_THAT(with("\"domain\":\"d\"", "\"domain\":\"" + std::string(2'000'000, 'd') + "\""),
              HasSubstr("line 4 of what is to be imported is too long"));
}

TEST_F(ArchiveTest, RefusesRowsThatDoNotSumToTheirCheckpoint) {
  auto less = rows();
  std::get<2>(less[0]) = 6;
  const auto refused = write(less);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("partition 0 sum to 6 changes, and the checkpoints say 7"));
  EXPECT_THAT(text_.str(), Not(HasSubstr("\"end\"")));
}

TEST_F(ArchiveTest, TakesRowsThatAreAheadOfTheirCheckpointAndTellsSo) {
  ArchiveSums sums;
  const ArchiveRow at{.key = "d", .count = 7, .included = Offset{9}};
  sums.add(head_, at);
  sums.add(head_, {.key = "d", .count = 2, .partition = Partition{2}, .included = Offset{5}});
  EXPECT_TRUE(sums.check(head_));
  EXPECT_EQ(sums.ahead(head_), std::nullopt);
  sums.add(head_, {.key = "e", .count = 1, .partition = Partition{2}, .included = Offset{6}});
  EXPECT_TRUE(sums.check(head_));
  EXPECT_EQ(sums.ahead(head_), Partition{2});
  ArchiveSums less;
  less.add(head_, at);
  less.add(head_, {.key = "e", .count = 1, .partition = Partition{2}, .included = Offset{6}});
  EXPECT_FALSE(less.check(head_));
}

TEST_F(ArchiveTest, SaysWhenItCannotBeWritten) {
  text_.setstate(std::ios::badbit);
  const auto refused = write(rows());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("cannot be written"));
}

TEST_F(ArchiveTest, RefusesToChangeANameThatIsNotUtf8) { EXPECT_FALSE(write({{true, "\xff", 1, 0, 1}})); }

}  // namespace
}  // namespace wikiflow::store
