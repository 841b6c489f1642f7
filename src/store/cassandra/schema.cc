#include "store/cassandra/schema.h"

#include <algorithm>
#include <cctype>

#include "init_cql.h"

namespace wikiflow::store::cassandra {
namespace {

constexpr std::size_t kLongestName = 48;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
  });
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

std::string without_comments(std::string_view script) {
  std::string kept;
  while (!script.empty()) {
    const auto line = script.substr(0, script.find('\n'));
    if (!line.starts_with("--")) kept.append(line).append("\n");
    script.remove_prefix(std::min(script.size(), line.size() + 1));
  }
  return kept;
}

}  // namespace

Result<std::vector<std::string>> schema_statements(std::string_view script, const std::string& keyspace,
                                                   const std::string& replication) {
  if (!is_name(keyspace)) {
    return bad_input("keyspace '" + keyspace + "': at most 48 of a-z, 0-9 and _");
  }
  if (!replication.starts_with('{') || !replication.ends_with('}') ||
      replication.find(';') != std::string::npos) {
    return bad_input("replication '" + replication + "': a map, such as " + kOneReplica);
  }
  std::vector<std::string> statements;
  const std::string text = without_comments(script);
  for (std::size_t begin = 0, end = 0; (end = text.find(';', begin)) != std::string::npos; begin = end + 1) {
    std::string statement = text.substr(begin, end - begin);
    replace_all(statement, "${keyspace}", keyspace);
    replace_all(statement, "${replication}", replication);
    statement.erase(0, statement.find_first_not_of(" \n"));
    statements.push_back(std::move(statement));
  }
  return statements;
}

Result<void> make_schema(Connection& connection, const std::string& keyspace,
                         const std::string& replication) {
  const auto statements = schema_statements(kInitCql, keyspace, replication);
  if (!statements) return tl::make_unexpected(statements.error());
  for (const std::string& statement : *statements) {
    if (auto made = connection.run(statement); !made) return made;
  }
  return {};
}

}  // namespace wikiflow::store::cassandra
