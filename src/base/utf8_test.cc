#include "base/utf8.h"

#include <gtest/gtest.h>

#include <random>

namespace wikiflow {
namespace {

const std::string kBad = "\xEF\xBF\xBD";

std::string escaped(std::string_view text) {
  std::string out;
  append_json_escaped(text, out);
  return out;
}

TEST(SanitizeUtf8, LeavesWellFormedTextAlone) {
  // The first and last code point of each length, and those around the surrogates.
  for (const std::string text :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "a\xF0\x9F\x92\xA9z"}) {
    EXPECT_EQ(sanitize_utf8(text), text);
  }
  EXPECT_EQ(sanitize_utf8(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(SanitizeUtf8, ReplacesEachByteThatIsNotPartOfWellFormedText) {
  EXPECT_EQ(sanitize_utf8("a\x80z"), "a" + kBad + "z");                     // a tail alone
  EXPECT_EQ(sanitize_utf8("\xC3"), kBad);                                   // cut short
  EXPECT_EQ(sanitize_utf8("\xE2\x82"), kBad + kBad);                        //
  EXPECT_EQ(sanitize_utf8("\xF0\x9F\x92"), kBad + kBad + kBad);             //
  EXPECT_EQ(sanitize_utf8("\xC0\xAF"), kBad + kBad);                        // overlong
  EXPECT_EQ(sanitize_utf8("\xE0\x9F\xBF"), kBad + kBad + kBad);             //
  EXPECT_EQ(sanitize_utf8("\xF0\x8F\xBF\xBF"), kBad + kBad + kBad + kBad);  //
  EXPECT_EQ(sanitize_utf8("\xED\xA0\x80"), kBad + kBad + kBad);             // a surrogate
  EXPECT_EQ(sanitize_utf8("\xF4\x90\x80\x80"), kBad + kBad + kBad + kBad);  // beyond U+10FFFF
  EXPECT_EQ(sanitize_utf8("\xF5\xFF\xFE"), kBad + kBad + kBad);             // never in UTF-8
  EXPECT_EQ(sanitize_utf8("\xC3(\xE2\x82\xAC"), kBad + "(\xE2\x82\xAC");    // goes on behind it
}

TEST(AppendJsonEscaped, EscapesWhatJsonRequires) {
  EXPECT_EQ(escaped("a\"b\\c/d"), R"(a\"b\\c/d)");
  EXPECT_EQ(escaped("\n\r\t\b\f\x1F\x7F"), R"(\n\r\t\u0008\u000c\u001f\u007f)");
  EXPECT_EQ(escaped(std::string_view("\0", 1)), R"(\u0000)");
}

TEST(AppendJsonEscaped, LeavesTextBeyondAsciiAlone) {
  EXPECT_EQ(escaped("\xD7\xA9 \xF0\x9F\x92\xA9 \xE2\x80\xA8"), "\xD7\xA9 \xF0\x9F\x92\xA9 \xE2\x80\xA8");
}

TEST(AppendJsonEscaped, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(escaped("a\xFF\"\xC3"), "a" + kBad + "\\\"" + kBad);
}

TEST(AppendJsonEscaped, AppendsToWhatIsThere) {
  std::string out = "x";
  append_json_escaped("a\n", out);
  append_json_escaped("", out);
  EXPECT_EQ(out, "xa\\n");
}

TEST(AppendJsonEscaped, GivesWellFormedTextWithoutControlCharactersForAnyBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string out = escaped(bytes);
    ASSERT_EQ(sanitize_utf8(out), out);
    for (const char c : out) ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7F);
    // Escaping first or cleaning first comes to the same.
    ASSERT_EQ(escaped(sanitize_utf8(bytes)), out);
  }
}

}  // namespace
}  // namespace wikiflow
