// What a fallible function returns, and what its error says.
//
// An error carries one of three kinds, because a caller has exactly three things it can do:
//   transient  try again later (a broker away, a connection cut);
//   bad_input  refuse this one input and go on (a malformed event, a wrong setting);
//   fatal      stop using the object (topic gone, not authorised, a broken promise).
// The text names the input and the way out; it is written for the person who reads the log.
//
// Exceptions do not cross a module's edge: code that calls a throwing library catches at that call.

#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace wikiflow {

enum class ErrorKind { transient, bad_input, fatal };

struct Error {
  ErrorKind kind;
  std::string what;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> transient(std::string what) {
  return tl::make_unexpected(Error{ErrorKind::transient, std::move(what)});
}
inline tl::unexpected<Error> bad_input(std::string what) {
  return tl::make_unexpected(Error{ErrorKind::bad_input, std::move(what)});
}
inline tl::unexpected<Error> fatal(std::string what) {
  return tl::make_unexpected(Error{ErrorKind::fatal, std::move(what)});
}

}  // namespace wikiflow
