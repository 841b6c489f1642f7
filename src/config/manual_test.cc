#include "config/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/settings.h"

namespace wikiflow::config {
namespace {

using testing::HasSubstr;
using testing::Not;

CommandLine line() {
  return {.name = "consumer",
          .summary = "Counts - and serves.",
          .version = [] { return std::string("wikiflow 1.2.3\nmore"); },
          .commands = {{.program = kConsumer, .options = {option_toggle("CHECK", "check the settings")}},
                       {.name = "store init", .help = "make the tables", .program = kStoreInit},
                       {.name = "store status", .help = "what is counted", .program = kConsumerStore}}};
}

TEST(Manual, HasEverySettingWithItsFlagAndItsDefault) {
  const auto page = manual_page(line(), "wikiflow-consumer");
  EXPECT_TRUE(page.starts_with(".TH WIKIFLOW\\-CONSUMER 1 \"\" \"wikiflow 1.2.3\" \"User Commands\"\n"));
  EXPECT_THAT(page, HasSubstr("\\fBwikiflow\\-consumer store init\\fR [\\fIoptions\\fR]"));
  for (const auto& setting : settings_of(kConsumer)) {
    EXPECT_THAT(page, HasSubstr("\\fI" + setting.name + "\\fR")) << setting.name;
  }
  EXPECT_THAT(page, HasSubstr("where counts are kept: memory, rocksdb, cassandra. Default: memory."));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-cassandra\\-password\\-file\\fR"));
  EXPECT_THAT(page, HasSubstr("of a keyspace made here. Default: {'class': 'SimpleStrategy', "
                              "'replication_factor': 1}. With: store init."));
}

TEST(Manual, SaysNothingThatGroffTakesForARequest) {
  CommandLine odd = line();
  odd.summary = ".summary with a \\ in it";
  const auto page = manual_page(odd, "odd");
  EXPECT_THAT(page, HasSubstr("odd \\- \\&.summary with a \\e in it\n"));
}

TEST(Completion, KnowsTheFlagsOfEachCommandAndNoOther) {
  const auto script = bash_completion(line(), "wikiflow-consumer");
  EXPECT_THAT(script, HasSubstr("complete -F _wikiflow_consumer wikiflow-consumer\n"));
  EXPECT_THAT(script, HasSubstr("    'store') words='init status --help --version' ;;\n"));
  const auto init = script.substr(script.find("    'store init') words='"));
  EXPECT_THAT(init.substr(0, init.find('\n')), HasSubstr("--cassandra-replication"));
  EXPECT_THAT(init.substr(0, init.find('\n')), Not(HasSubstr("--storage")));
  EXPECT_THAT(script,
              HasSubstr("--storage) mapfile -t COMPREPLY < <(compgen -W 'memory rocksdb cassandra' --"));
  EXPECT_THAT(script, Not(HasSubstr("--print-manual")));
}

}  // namespace
}  // namespace wikiflow::config
