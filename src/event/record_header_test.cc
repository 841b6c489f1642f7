#include "event/record_header.h"

#include <gtest/gtest.h>

namespace wikiflow {
namespace {

const EventId kId = *EventId::parse_uuid("e37fd191-07c4-45ec-8b1d-1701344bef32");

std::string encoded(const RecordHeader& header) {
  std::string out = "left over";
  header.encode(out);
  return out;
}

TEST(RecordHeader, ReadsBackWhatItWrote) {
  const std::string position(300, 'p');
  const std::string interval("\0i\xff", 3);
  const std::string bytes =
      encoded({.id = kId, .source = "simulator", .position = position, .interval = interval});
  const auto header = RecordHeader::decode(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->id, kId);
  EXPECT_EQ(header->source, "simulator");
  EXPECT_EQ(header->position, position);
  EXPECT_EQ(header->interval, interval);
  EXPECT_EQ(RecordHeader::id_of(bytes), kId);
}

TEST(RecordHeader, LeavesOutWhatIsNotKnown) {
  const std::string bytes = encoded({.id = kId});
  EXPECT_EQ(bytes.size(), 20U);
  const auto header = RecordHeader::decode(bytes);
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->source.empty() && header->position.empty() && header->interval.empty());
}

TEST(RecordHeader, RefusesAnotherVersionAndWhatIsCutShort) {
  const std::string bytes = encoded({.id = kId, .source = "live", .position = "pp", .interval = ""});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(RecordHeader::decode(bytes.substr(0, size))) << size;
    EXPECT_EQ(RecordHeader::id_of(bytes.substr(0, size)).has_value(), size >= 17) << size;
  }
  std::string other = bytes;
  other[0] = 2;
  EXPECT_FALSE(RecordHeader::decode(other));
  EXPECT_FALSE(RecordHeader::id_of(other));
}

}  // namespace
}  // namespace wikiflow
