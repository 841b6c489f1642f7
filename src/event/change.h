// One change to one wiki, as the pipeline sees it.
//
// A Change borrows: its strings are views into the buffer of whoever decoded it, and are valid until that
// decoder is used again. Names are those of the source's schema (mediawiki/recentchange 1.0.x). A field that
// the source left out, or sent as null, is nullopt; only id, domain and title are always there.
//
// Limits: domain, title and user are at most kMaxNameBytes (a Cassandra key ends at 64 KB); decoders refuse
// more. Longer values of the fields that nothing is counted by are taken as unknown.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "event/event_id.h"

namespace wikiflow {

inline constexpr std::size_t kMaxNameBytes = 32 * 1024;
inline constexpr std::size_t kMaxUriBytes = 8 * 1024;  // the schema's own bound
inline constexpr std::size_t kMaxTagBytes = 256;       // type, wiki

struct OldNew {
  std::optional<std::int64_t> before;  // "old"
  std::optional<std::int64_t> after;   // "new"

  bool operator==(const OldNew&) const = default;
};

struct Change {
  EventId id;               // meta.id, or derived
  std::string_view domain;  // meta.domain
  std::string_view title;
  std::optional<std::string_view> user;  // absent when suppressed: counts for its domain only
  std::optional<Millis> dt;              // event time, meta.dt
  std::optional<std::string_view> type;  // edit, new, log, categorize, 142, external, or one still to come
  std::optional<std::int64_t> ns;        // "namespace", -1 and up
  std::optional<std::string_view> wiki;
  std::optional<bool> bot;
  std::optional<bool> minor;
  OldNew length;
  OldNew revision;
  std::optional<std::string_view> uri;  // meta.uri

  bool operator==(const Change&) const = default;
};

}  // namespace wikiflow
