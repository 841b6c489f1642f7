#include "rocks/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include <fstream>

#include "base/scratch_dir.h"

namespace wikiflow::rocks {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Database, RefusesASecondOpenerAndNamesTheFirst) {
  const ScratchDir dir;
  auto first = Database::open(dir.path(), {});
  ASSERT_TRUE(first) << first.error().what;
  const auto second = Database::open(dir.path(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::fatal);
  EXPECT_THAT(second.error().what,
              AllOf(HasSubstr("PID " + std::to_string(::getpid())), HasSubstr(dir.path().string())));
  first->reset();
  EXPECT_TRUE(Database::open(dir.path(), {}));
}

TEST(Database, RefusesWhatAnotherVersionWrote) {
  const ScratchDir dir;
  {
    const auto database = *Database::open(dir.path(), {});
    ASSERT_TRUE(database->db().Put({}, "wikiflow.schema", "99").ok());
  }
  const auto again = Database::open(dir.path(), {});
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().what, AllOf(HasSubstr("version 99"), HasSubstr("STATE_DIR")));
}

TEST(Database, RefusesAFileInPlaceOfADirectory) {
  const ScratchDir dir;
  const auto file = dir.path() / "file";
  std::ofstream(file) << "x";
  const auto database = Database::open(file, {});
  ASSERT_FALSE(database);
  EXPECT_THAT(database.error().what, HasSubstr(file.string()));
}

TEST(Database, SaysWhatToDoWithADamagedOne) {
  const ScratchDir dir;
  { ASSERT_TRUE(Database::open(dir.path(), {})); }
  std::ofstream(dir.path() / "db" / "CURRENT") << "nonsense";
  const auto again = Database::open(dir.path(), {});
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().what, HasSubstr("move the directory away"));
}

TEST(Database, KeepsTheFamiliesOfAUserThatIsNotThere) {
  const ScratchDir dir;
  {
    const auto database = *Database::open(dir.path(), {});
    ASSERT_TRUE(database->need("store.rows"));
    ASSERT_TRUE(database->db().Put({}, database->family("store.rows"), "k", "v").ok());
  }
  { ASSERT_TRUE(Database::open(dir.path(), {})); }
  const auto database = *Database::open(dir.path(), {});
  ASSERT_TRUE(database->need("store.rows"));
  std::string value;
  EXPECT_TRUE(database->db().Get({}, database->family("store.rows"), "k", &value).ok());
  EXPECT_EQ(value, "v");
}

}  // namespace
}  // namespace wikiflow::rocks
