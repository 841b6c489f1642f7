// All-time counts by domain and by user: what /stats answers with.
//
// A change without a user (suppressed) counts for its domain only.
// Threads: as for Counts.

#pragma once

#include <optional>
#include <span>

#include "count/counts.h"

namespace wikiflow::count {

struct TotalsView {
  CountsView by_domain;
  CountsView by_user;
  std::uint64_t changes = 0;   // the sum over by_domain
  std::uint64_t revision = 0;  // grows with every count of either
};

class Totals {
 public:
  // One change.
  void add(std::string_view domain, std::optional<std::string_view> user) {
    add_domain(domain);
    if (user) by_user_.add(*user);
  }
  // Counts a change up, for its domain; returns the domain's number, as in Counts.
  std::uint32_t add_domain(std::string_view domain) {
    ++changes_;
    return by_domain_.add(domain);
  }
  // The users of the same changes, as far as they have one, and their numbers.
  void add_users(std::span<const std::string_view> users, std::span<std::uint32_t> numbers) {
    by_user_.add(users, numbers);
  }

  // What was counted before, of about so many users. Loading returns the key's number.
  void reserve_users(std::size_t users) { by_user_.reserve(users); }
  std::uint32_t load_domain(std::string_view domain, std::uint64_t n) {
    changes_ += n;
    return by_domain_.add(domain, n);
  }
  std::uint32_t load_user(std::string_view user, std::uint64_t n) {
    loaded_users_ += n;
    return by_user_.add(user, n);
  }

  TotalsView view() { return {by_domain_.view(), by_user_.view(), changes_, revision()}; }
  std::uint64_t changes() const { return changes_; }
  // A user counts without a change only by being loaded.
  std::uint64_t revision() const { return changes_ + loaded_users_; }
  std::size_t domains() const { return by_domain_.size(); }
  std::size_t users() const { return by_user_.size(); }

 private:
  Counts by_domain_;
  Counts by_user_;
  std::uint64_t changes_ = 0;
  std::uint64_t loaded_users_ = 0;
};

}  // namespace wikiflow::count
