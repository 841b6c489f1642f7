// The hot functions one by one. Each reports items a second: frames, events, ids, records or keys.

#include <benchmark/benchmark.h>

#include "count/counts.h"
#include "event/codec.h"
#include "event/event_id.h"
#include "source/decode.h"
#include "source/position.h"
#include "source/recent_ids.h"
#include "sse/parser.h"
#include "workload.h"

namespace {

using namespace wikiflow;
using namespace wikiflow::bench;

constexpr std::size_t kEvents = 20'000;  // 25 MB of frames: more than the caches hold
constexpr std::size_t kUsers = 100'000;

const Frames& frames() {
  static const Frames made(1, kEvents, kUsers, 1'791'207'722'000);
  return made;
}

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const auto begin = text.find(before) + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

std::vector<std::string_view> parts(std::string_view before) {
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < kEvents; ++i) found.push_back(between(frames()[i], before, "\n"));
  return found;
}

const std::vector<Workload::Record>& records() {
  static const auto made = [] {
    Workload workload(1, kUsers);
    std::vector<Workload::Record> all(100'000);
    for (auto& record : all) workload.record(record);
    return all;
  }();
  return made;
}

void count_items(benchmark::State& state, std::size_t each) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(each));
}

class Frameless final : public sse::Parser::Handler {
 public:
  bool on_frame(const sse::Frame& frame) override {
    benchmark::DoNotOptimize(frame.data.data());
    return true;
  }
  void on_oversized(std::uint64_t /*bytes*/, std::string_view /*head*/) override {}
};

void sse_parser(benchmark::State& state) {
  const auto first = frames()[0];
  const auto last = frames()[kEvents - 1];
  const std::string_view all(first.data(),
                             static_cast<std::size_t>(last.data() + last.size() - first.data()));
  const auto piece = static_cast<std::size_t>(state.range(0));
  sse::Parser parser;
  Frameless handler;
  for (auto _ : state) {
    for (std::size_t at = 0; at < all.size(); at += piece) parser.feed(all.substr(at, piece), handler);
  }
  count_items(state, kEvents);
}
BENCHMARK(sse_parser)->Arg(16 * 1024)->Arg(512 * 1024);

void event_decoder(benchmark::State& state) {
  const auto events = parts("\ndata: ");
  source::EventDecoder decoder;
  for (auto _ : state) {
    for (const auto event : events) benchmark::DoNotOptimize(decoder.decode(event));
  }
  count_items(state, kEvents);
}
BENCHMARK(event_decoder);

void id_reader(benchmark::State& state) {
  const auto ids = parts("\nid: ");
  source::IdReader reader;
  for (auto _ : state) {
    for (const auto id : ids) benchmark::DoNotOptimize(reader.read(id));
  }
  count_items(state, kEvents);
}
BENCHMARK(id_reader);

void position_advance_and_encode(benchmark::State& state) {
  const auto ids = parts("\nid: ");
  source::IdReader reader;
  const auto components = **reader.read(ids[0]);
  source::Position position;
  std::string bytes;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kEvents; ++i) {
      position.advance(components, Millis::max(), {});
      position.encode(bytes);
      benchmark::DoNotOptimize(bytes.data());
    }
  }
  count_items(state, kEvents);
}
BENCHMARK(position_advance_and_encode);

void encode_record_and_key(benchmark::State& state) {
  const auto events = parts("\ndata: ");
  std::vector<source::EventDecoder> decoders(1000);
  std::vector<Change> changes;
  for (std::size_t i = 0; i < decoders.size(); ++i) changes.push_back(decoders[i].decode(events[i])->change);
  std::string value;
  std::string key;
  for (auto _ : state) {
    for (const auto& change : changes) {
      encode_record(change, value);
      encode_key(change, key);
      benchmark::DoNotOptimize(value.data());
      benchmark::DoNotOptimize(key.data());
    }
  }
  count_items(state, changes.size());
}
BENCHMARK(encode_record_and_key);

void recent_ids(benchmark::State& state) {
  source::RecentIds recent(65'536);
  std::mt19937_64 random(1);
  EventId id;
  for (auto _ : state) {
    const std::uint64_t bits = random();
    std::memcpy(id.bytes.data(), &bits, sizeof bits);
    benchmark::DoNotOptimize(recent.add(id));
  }
  count_items(state, 1);
}
BENCHMARK(recent_ids);

void decode_counted(benchmark::State& state) {
  RecordDecoder decoder;
  for (auto _ : state) {
    std::size_t room = 0;
    std::size_t in_batch = 0;
    for (const auto& record : records()) {
      if (in_batch++ % 4096 == 0) {
        if (room == 0) room = 4096 * RecordDecoder::room_for(160);
        decoder.clear(room);
      }
      benchmark::DoNotOptimize(decoder.decode_counted(record.value));
    }
  }
  count_items(state, records().size());
}
BENCHMARK(decode_counted);

// Names as they lie in a decoder's memory: one after the other.
class Drawn {
 public:
  explicit Drawn(std::size_t users) {
    constexpr std::size_t kDraws = 1'000'000;
    const Zipf zipf(users);
    std::mt19937_64 random(1);
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < kDraws; ++i) {
      const auto name = "Wikignome " + std::to_string(zipf(random));
      text_ += name;
      sizes.push_back(name.size());
    }
    const char* at = text_.data();
    for (const auto size : sizes) {
      names_.emplace_back(at, size);
      at += size;
    }
  }
  const std::vector<std::string_view>& names() const { return names_; }

 private:
  std::string text_;
  std::vector<std::string_view> names_;
};

void counts_add_users(benchmark::State& state) {
  const Drawn drawn(static_cast<std::size_t>(state.range(0)));
  count::Counts counts;
  std::vector<std::uint32_t> numbers(drawn.names().size());
  for (auto _ : state) {
    counts.add(drawn.names(), numbers);
  }
  count_items(state, drawn.names().size());
}
BENCHMARK(counts_add_users)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);

}  // namespace
