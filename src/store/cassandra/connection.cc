#include "store/cassandra/connection.h"

#include <atomic>
#include <variant>
#include <vector>

#include "store/cassandra/driver/driver.h"

namespace wikiflow::store::cassandra {
namespace {

constexpr std::int32_t kPageRows = 5'000;

wfc_text text(std::string_view view) { return {view.data(), view.size()}; }

Result<void> result_of(const wfc_error& error) {
  switch (error.kind) {
    case wfc_ok:
      return {};
    case wfc_transient:
      return transient(error.what);
    case wfc_bad_input:
      return bad_input(error.what);
    default:
      return fatal(error.what);
  }
}

struct ToDriver {
  wfc_value operator()(std::int8_t n) const { return {n, {}, wfc_tinyint}; }
  wfc_value operator()(std::int16_t n) const { return {n, {}, wfc_smallint}; }
  wfc_value operator()(std::int32_t n) const { return {n, {}, wfc_int}; }
  wfc_value operator()(std::int64_t n) const { return {n, {}, wfc_bigint}; }
  wfc_value operator()(bool b) const { return {b ? 1 : 0, {}, wfc_boolean}; }
  wfc_value operator()(std::string_view t) const { return {0, text(t), wfc_bytes}; }
};

Value from_driver(const wfc_value& value) {
  switch (value.type) {
    case wfc_tinyint:
      return static_cast<std::int8_t>(value.number);
    case wfc_smallint:
      return static_cast<std::int16_t>(value.number);
    case wfc_int:
      return static_cast<std::int32_t>(value.number);
    case wfc_bigint:
      return value.number;
    case wfc_boolean:
      return value.number != 0;
    default:
      return std::string_view(value.bytes.data, value.bytes.size);
  }
}

std::vector<wfc_value> to_driver(std::span<const Value> values) {
  std::vector<wfc_value> converted;
  converted.reserve(values.size());
  for (const Value& value : values) converted.push_back(std::visit(ToDriver{}, value));
  return converted;
}

wfc_session* raw(void* session) { return static_cast<wfc_session*>(session); }
const wfc_statement* raw(const Connection::Statement* statement) {
  return reinterpret_cast<const wfc_statement*>(statement);
}

// What a write calls back, on a thread of the driver. The flag says in C++ what the driver's queues do say as
// well, but in Rust, where the thread sanitizer does not see it: that this was made before it is called.
struct Pending {
  std::function<void(const Result<void>&)> done;
  std::atomic<bool> made = false;
};

struct Rows {
  const std::function<void(std::span<const Value>)>& row;
  std::vector<Value> values;
  bool foreign = false;  // a value that has not the type that it must have
};

}  // namespace

void Connection::Closer::operator()(void* session) const { wfc_close(raw(session)); }

Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::open(const ConnectionOptions& options) {
  const wfc_options given{.hosts = text(options.hosts),
                          .local_dc = text(options.local_dc),
                          .username = text(options.username),
                          .password = text(options.password),
                          .tls_ca = text(options.tls_ca),
                          .consistency = text(options.consistency),
                          .request_timeout_ms = options.request_timeout.count(),
                          .connect_timeout_ms = options.connect_timeout.count()};
  wfc_error error{};
  wfc_session* session = wfc_open(&given, &error);
  if (session == nullptr) {
    return tl::make_unexpected(
        Error{result_of(error).error().kind, "Cassandra at " + options.hosts + ": " + error.what});
  }
  return std::unique_ptr<Connection>(new Connection(session));
}

std::set<std::string> Connection::data_centres() const {
  std::set<std::string> names;
  const auto call = [](void* context, wfc_text name) {
    static_cast<std::set<std::string>*>(context)->emplace(name.data, name.size);
  };
  wfc_data_centres(raw(session_.get()), call, &names);
  return names;
}

Result<void> Connection::run(const std::string& cql) {
  wfc_error error{};
  wfc_run(raw(session_.get()), text(cql), &error);
  return result_of(error);
}

Result<const Connection::Statement*> Connection::prepare(const std::string& cql) {
  wfc_error error{};
  const wfc_statement* statement = wfc_prepare(raw(session_.get()), text(cql), &error);
  if (statement == nullptr) return tl::make_unexpected(result_of(error).error());
  return reinterpret_cast<const Statement*>(statement);
}

void Connection::write(const Statement* statement, std::span<const Value> values, std::size_t columns,
                       std::function<void(const Result<void>&)> done) {
  auto pending = std::make_unique<Pending>();
  pending->done = std::move(done);
  pending->made.store(true, std::memory_order_release);
  const auto converted = to_driver(values);
  const auto call = [](void* context, const wfc_error* error) {
    const std::unique_ptr<Pending> owned(static_cast<Pending*>(context));
    if (owned->made.load(std::memory_order_acquire)) owned->done(result_of(*error));
  };
  wfc_write(raw(session_.get()), raw(statement), converted.data(), columns, converted.size() / columns, call,
            pending.release());
}

Result<void> Connection::read(const Statement* statement, std::span<const Value> values,
                              const std::function<void(std::span<const Value>)>& row) {
  Rows rows{row, {}, false};
  const auto call = [](void* context, const wfc_value* read, std::size_t columns) {
    auto& to = *static_cast<Rows*>(context);
    if (to.foreign) return;
    to.values.clear();
    for (const wfc_value& value : std::span(read, columns)) to.values.push_back(from_driver(value));
    try {
      to.row(to.values);
    } catch (const std::bad_variant_access&) {  // must not pass through the driver
      to.foreign = true;
    }
  };
  const auto converted = to_driver(values);
  wfc_error error{};
  wfc_read(raw(session_.get()), raw(statement), converted.data(), converted.size(), kPageRows, call, &rows,
           &error);
  if (rows.foreign) {
    return fatal(
        "Cassandra has a row in the tables of wikiflow that wikiflow did not write: a column is null, or of "
        "another type. Look for what else writes to the keyspace; `store reset` begins anew");
  }
  return result_of(error);
}

}  // namespace wikiflow::store::cassandra
