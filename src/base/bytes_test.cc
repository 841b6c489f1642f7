#include "base/bytes.h"

#include <gtest/gtest.h>

namespace wikiflow {
namespace {

TEST(Bytes, ReadBackNumbersOfAnySizeAndRefuseTheirBeginnings) {
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, ~std::uint64_t{0}}) {
    std::string bytes;
    append_number(number, bytes);
    std::string_view rest = bytes;
    EXPECT_EQ(take_number(rest), number);
    EXPECT_TRUE(rest.empty());
    rest = std::string_view(bytes).substr(0, bytes.size() - 1);
    EXPECT_EQ(take_number(rest), std::nullopt);
  }
  const std::string endless(20, '\xff');
  std::string_view rest = endless;
  EXPECT_EQ(take_number(rest), std::nullopt);
}

TEST(Bytes, ReadBackTextsAndRefuseOneThatIsCutShort) {
  std::string bytes;
  append_text(std::string("a\0b", 3), bytes);
  append_text("", bytes);
  std::string_view rest = bytes;
  EXPECT_EQ(take_text(rest), std::string_view("a\0b", 3));
  EXPECT_EQ(take_text(rest), "");
  EXPECT_EQ(take_text(rest), std::nullopt);
  rest = std::string_view(bytes).substr(0, 3);
  EXPECT_EQ(take_text(rest), std::nullopt);
}

TEST(Bytes, BigEndianSortsAsTheNumbersDo) {
  std::string bytes;
  append_big_endian(std::uint32_t{0x01020304}, bytes);
  EXPECT_EQ(bytes, "\x01\x02\x03\x04");
  std::string_view rest = bytes;
  EXPECT_EQ(take_big_endian<std::uint32_t>(rest), 0x01020304U);
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace wikiflow
