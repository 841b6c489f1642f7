#include "store/adder.h"

namespace wikiflow::store {

Adder::Added Adder::add(count::Totals& totals, std::span<const Item> items, Offset from) {
  domains_.clear();
  names_.clear();
  for (const Item& item : items) {
    if (item.offset < from) continue;
    domains_.push_back(totals.add_domain(item.counted.domain));
    if (item.counted.user) names_.push_back(*item.counted.user);
  }
  users_.resize(names_.size());
  totals.add_users(names_, users_);
  return {domains_, users_};
}

}  // namespace wikiflow::store
