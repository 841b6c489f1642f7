#include "store/cassandra/places.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "base/thread.h"

namespace wikiflow::store::cassandra {
namespace {

constexpr std::size_t kRows = 1'000;
constexpr std::int16_t kUserBuckets = 8;

// Rows with their keys, which a session only lends.
class Page {
 public:
  bool full() const { return rows_.size() == kRows; }
  void add(const CountRow& row) {
    sizes_.push_back(row.key.size());
    keys_.append(row.key);
    rows_.push_back(row);
  }
  std::span<const CountRow> take() {
    const char* at = keys_.data();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      rows_[i].key = {at, sizes_[i]};
      at += sizes_[i];
    }
    return rows_;
  }
  void clear() {
    rows_.clear();
    sizes_.clear();
    keys_.clear();
  }

 private:
  std::vector<CountRow> rows_;
  std::vector<std::size_t> sizes_;
  std::string keys_;
};

}  // namespace

std::int16_t buckets_of(Kind kind) { return kind == Kind::user ? kUserBuckets : std::int16_t{1}; }

std::int16_t bucket_of(Kind kind, std::string_view key) {
  // FNV-1a: the rows outlive the program, so the hash must be the same in every build.
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  return static_cast<std::int16_t>((hash ^ (hash >> 16U)) % static_cast<std::uint32_t>(buckets_of(kind)));
}

std::string generation_name(const Identity& identity, std::int32_t number) {
  return identity.topic + "/" + std::to_string(number) + "/" + identity.generation;
}

std::vector<Place> places_of(const std::string& generation, std::int32_t partitions) {
  std::vector<Place> places;
  for (std::int32_t number = 0; number < partitions; ++number) {
    for (const Kind kind : {Kind::domain, Kind::user}) {
      for (std::int16_t bucket = 0; bucket < buckets_of(kind); ++bucket) {
        places.push_back({generation, Partition{number}, kind, bucket});
      }
    }
  }
  return places;
}

Result<void> read_places(Session& session, const std::vector<Place>& places, std::size_t at_once,
                         const std::function<void(const Place&, std::span<const CountRow>)>& rows,
                         const std::stop_token& stop) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  Result<void> result;
  const auto read = [&] {
    Page page;
    const auto hand_on = [&](const Place& place) {
      if (const auto taken = page.take(); !taken.empty()) rows(place, taken);
      page.clear();
    };
    for (std::size_t i = next++; i < places.size() && !stop.stop_requested(); i = next++) {
      const auto done = session.read_counts(places[i], [&](const CountRow& row) {
        page.add(row);
        if (page.full()) hand_on(places[i]);
      });
      hand_on(places[i]);
      if (done) continue;
      next = places.size();
      const std::lock_guard lock(mutex);
      if (result) result = done;
    }
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min(at_once, places.size()); ++i) {
    others.emplace_back([&read] {
      name_this_thread("recovery");
      read();
    });
  }
  read();
  others.clear();
  if (result && stop.stop_requested()) return transient("asked to stop while counts were read");
  return result;
}

}  // namespace wikiflow::store::cassandra
