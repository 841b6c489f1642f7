#include "config/env_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wikiflow::config {
namespace {

using testing::HasSubstr;

// NAME=value|NAME=value as it was read, or the error.
std::string read(std::string_view text) {
  const auto entries = parse_env_file(text);
  if (!entries) return entries.error().what;
  std::string out;
  for (const auto& entry : *entries) out += (out.empty() ? "" : "|") + entry.name + "=" + entry.value;
  return out;
}

TEST(EnvFile, ReadsNamesAndValues) {
  EXPECT_EQ(read("A=1\nB_2=two words\n_c=\n"), "A=1|B_2=two words|_c=");
  EXPECT_EQ(read("A=1"), "A=1");
  EXPECT_EQ(read(""), "");
}

TEST(EnvFile, SkipsCommentsAndBlankLines) {
  EXPECT_EQ(read("# A=1\n\n   \n\t# B=2\nC=3 # why\nD=x#y\nE= # nothing\n"), "C=3|D=x#y|E=");
}

TEST(EnvFile, AllowsExportAndBlanksAroundEverything) {
  EXPECT_EQ(read("export A=1\n  export\tB = 2  \nexport=3\nexported=4\n"), "A=1|B=2|export=3|exported=4");
}

TEST(EnvFile, ReadsCrlfAndAByteOrderMark) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "A=1\r\nB='2'\r\n"),
            "A=1|B=2");
}

TEST(EnvFile, LeavesSingleQuotedTextAsItIs) {
  EXPECT_EQ(read(R"(A='a # "b" \n $C ' # comment)"), R"(A=a # "b" \n $C )");
}

TEST(EnvFile, KnowsEscapesInDoubleQuotes) {
  EXPECT_EQ(read(R"(A="\"x\" \\ \$ \' # y\n\t\r")"), "A=\"x\" \\ $ ' # y\n\t\r");
}

TEST(EnvFile, DoesNotInterpolate) { EXPECT_EQ(read("A=$B\nC=\"${B}\"\nD=C:\\dir"), "A=$B|C=${B}|D=C:\\dir"); }

TEST(EnvFile, KeepsTheNumberOfTheLineAndRepeatedNames) {
  const auto entries = parse_env_file("\n# x\nA=1\n\nA=2");
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ(entries->at(0).line, 3U);
  EXPECT_EQ(entries->at(1).line, 5U);
}

TEST(EnvFile, SaysOnWhichLineWhatIsWrong) {
  EXPECT_EQ(read("A=1\nB"), "line 2: expected '=' after B");
  EXPECT_THAT(read("=1"), HasSubstr("line 1: expected NAME=value"));
  EXPECT_THAT(read("1A=1"), HasSubstr("line 1: expected NAME=value"));
  EXPECT_THAT(read("A-B=1"), HasSubstr("expected '=' after A"));
  EXPECT_EQ(read("\n\nA=\"x"), "line 3: no closing double quote on this line");
  EXPECT_EQ(read("A=\"x\\"), "line 1: no closing double quote on this line");
  EXPECT_EQ(read("A='x\n'"), "line 1: no closing single quote on this line");
  EXPECT_EQ(read("A='x'y"), "line 1: text after the closing quote");
  EXPECT_EQ(read("A=\"x\"#y"), "line 1: text after the closing quote");
  EXPECT_THAT(read(R"(A="C:\dir")"), HasSubstr("line 1: unknown escape \\d"));
  EXPECT_THAT(read("A=#x"), HasSubstr("must be quoted"));
  EXPECT_EQ(read(std::string_view("A=\0", 3)), "line 1: a NUL byte");
}

TEST(EnvFile, RefusesAFileThatIsTooLarge) {
  EXPECT_THAT(read(std::string(kMaxEnvFileBytes + 1, '#')), HasSubstr("larger than"));
}

}  // namespace
}  // namespace wikiflow::config
