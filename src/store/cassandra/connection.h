// A connection to a real Cassandra: the driver's C functions with owners and results.
//
// Threads: any, several at once. The destructor waits until every callback has come.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace wikiflow::store::cassandra {

struct ConnectionOptions {
  std::string hosts = "localhost:9042";  // comma between
  std::string keyspace = "wikiflow";
  std::string local_dc{};  // empty: any
  std::string consistency = "LOCAL_QUORUM";
  std::string username{};
  std::string password{};
  std::string tls_ca{};  // a file; empty: no TLS
  std::chrono::milliseconds request_timeout{10'000};
  std::chrono::milliseconds connect_timeout{5'000};
};

// A value to bind, or one that was read; a text that was read lives for the callback. A null is read as an
// empty text.
using Value = std::variant<std::int8_t, std::int16_t, std::int32_t, std::int64_t, bool, std::string_view>;

class Connection {
 public:
  // A statement that stays prepared while the connection is open, across restarts of the server too.
  class Statement;

  static Result<std::unique_ptr<Connection>> open(const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Those of all nodes that are known.
  std::set<std::string> data_centres() const;

  // A statement of the schema, not prepared. Returns when all nodes know the new schema.
  Result<void> run(const std::string& cql);
  Result<const Statement*> prepare(const std::string& cql);

  // Executes once per row of `columns` values; several rows are one unlogged batch.
  void write(const Statement* statement, std::span<const Value> values, std::size_t columns,
             std::function<void(const Result<void>&)> done);
  // `row` may take each value as the type that it must have, by std::get: where it has another one, which no
  // row of ours has, the rest is not read and the error is fatal.
  Result<void> read(const Statement* statement, std::span<const Value> values,
                    const std::function<void(std::span<const Value>)>& row);

 private:
  struct Closer {
    void operator()(void* session) const;
  };
  explicit Connection(void* session) : session_(session) {}
  std::unique_ptr<void, Closer> session_;
};

}  // namespace wikiflow::store::cassandra
