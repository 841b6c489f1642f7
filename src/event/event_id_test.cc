#include "event/event_id.h"

#include <gtest/gtest.h>

namespace wikiflow {
namespace {

constexpr std::string_view kText = "e37fd191-07c4-45ec-8b1d-1701344bef32";

TEST(EventId, ReadsAndWritesAUuid) {
  const auto id = EventId::parse_uuid(kText);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->to_string(), kText);
  EXPECT_EQ(EventId::parse_uuid("E37FD191-07C4-45EC-8B1D-1701344BEF32"), id);
  EXPECT_EQ(EventId::from_raw(id->raw()), id);
}

TEST(EventId, RefusesWhatIsNotAUuid) {
  EXPECT_FALSE(EventId::parse_uuid(""));
  EXPECT_FALSE(EventId::parse_uuid("e37fd191-07c4-45ec-8b1d-1701344bef3"));
  EXPECT_FALSE(EventId::parse_uuid("e37fd191-07c4-45ec-8b1d-1701344bef3g"));
  EXPECT_FALSE(EventId::parse_uuid("e37fd19107c4-45ec-8b1d-1701344bef32-"));
  EXPECT_FALSE(EventId::parse_uuid("e37fd191+07c4-45ec-8b1d-1701344bef32"));
  EXPECT_FALSE(EventId::from_raw("short"));
}

TEST(EventId, DerivesTheSameIdFromTheSameOriginAndNeverASourceId) {
  const auto a = EventId::derive_from_origin("eqiad.mediawiki.recentchange", 0, 42);
  EXPECT_EQ(a, EventId::derive_from_origin("eqiad.mediawiki.recentchange", 0, 42));
  EXPECT_NE(a, EventId::derive_from_origin("codfw.mediawiki.recentchange", 0, 42));
  EXPECT_NE(a, EventId::derive_from_origin("eqiad.mediawiki.recentchange", 0, 43));
  EXPECT_NE(a, EventId::derive_from_bytes("eqiad.mediawiki.recentchange/0/42"));
  EXPECT_EQ(a.to_string()[14], '8');
}

}  // namespace
}  // namespace wikiflow
