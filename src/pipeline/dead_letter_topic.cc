#include "pipeline/dead_letter_topic.h"

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <map>
#include <random>

#include "base/failpoint.h"
#include "event/codec.h"
#include "event/record_header.h"
#include "pipeline/place.h"
#include "source/decode.h"

namespace wikiflow::pipeline {
namespace {

constexpr std::chrono::milliseconds kLetterWait{200};
constexpr std::size_t kTailRecords = 1'024;  // of each partition: enough to find one with an interval
constexpr std::size_t kChunk = 1'000;        // letters whose notes are written together
constexpr const char* kReaderGroup = "wikiflow-dlq";
constexpr std::string_view kSourceName = "redrive";

using Ids = boost::unordered_flat_set<EventId, EventIdHash>;
using OnRecord = std::function<Result<bool>(const topic::Batch&, const topic::Record&)>;

// Whether everything was read that was there when the ends were first known.
class Ends {
 public:
  bool reached(const std::vector<topic::Progress>& progress) {
    bool all = !progress.empty();
    for (const auto& p : progress) {
      if (!p.end_known) return false;
      const Offset end = ends_.try_emplace(p.partition, p.end).first->second;
      all = all && p.next >= end;
    }
    return all;
  }

 private:
  std::map<Partition, Offset> ends_;
};

// `on_record` says false when it has seen enough.
Result<void> for_each_record(topic::Broker& broker, const std::string& topic,
                             std::chrono::milliseconds patience, const std::stop_token& stop,
                             const OnRecord& on_record, const std::map<Partition, Offset>& start = {}) {
  topic::ReaderOptions options{.group = kReaderGroup, .batches_in_work = 1};
  options.start = start;
  auto reader = broker.reader(topic, options);
  if (!reader) return tl::make_unexpected(reader.error());
  Ends ends;
  std::chrono::milliseconds silent{0};
  while (!stop.stop_requested()) {
    auto batch = (*reader)->next(kLetterWait, stop);
    if (!batch && batch.error().kind != ErrorKind::transient) return tl::make_unexpected(batch.error());
    if (batch && *batch) {
      silent = {};
      for (const topic::Record& record : (*batch)->records()) {
        const auto go_on = on_record(**batch, record);
        if (!go_on) return tl::make_unexpected(go_on.error());
        if (!*go_on) return {};
      }
      continue;
    }
    if (ends.reached((*reader)->progress())) return {};
    silent += kLetterWait;
    if (silent >= patience) {
      const auto why = (*reader)->trouble();
      return transient("topic '" + topic + "' cannot be read: " + why.value_or("nothing comes"));
    }
  }
  return transient("stopped before topic '" + topic + "' was read to its end");
}

EventId redriven_id(const EventId& letter) {
  return EventId::derive_from_bytes("redriven " + letter.to_string());
}

EventId new_redrive() {
  std::random_device random;
  std::string seed;
  for (int i = 0; i < 4; ++i) seed += std::to_string(random()) + ' ';
  return EventId::derive_from_bytes(seed);
}

class Redrive {
 public:
  Redrive(topic::Broker& broker, std::string dead_letters, std::string changes,
          std::chrono::milliseconds patience, std::stop_token stop)
      : broker_(broker),
        dead_letters_(std::move(dead_letters)),
        changes_(std::move(changes)),
        patience_(patience),
        stop_(std::move(stop)) {}

  Result<Redriven> run() {
    const auto done = find_notes()
                          .and_then([&] { return open(); })
                          .and_then([&] { return find_written(); })
                          .and_then([&] {
                            return for_each_record(
                                broker_, dead_letters_, patience_, stop_,
                                [&](const auto& batch, const auto& record) { return take(batch, record); });
                          })
                          .and_then([&] { return settle(); })
                          .and_then([&] { return end(); });
    if (!done) return tl::make_unexpected(done.error());
    return result_;
  }

 private:
  Result<void> find_notes() {
    return for_each_record(broker_, dead_letters_, patience_, stop_,
                           [&](const topic::Batch& batch, const topic::Record& record) -> Result<bool> {
                             if (const auto id = read_redriven_note(batch, record)) noted_.insert(*id);
                             const auto mark = read_redrive_mark(batch, record);
                             if (!mark) return true;
                             if (mark->ended) {
                               not_ended_.erase(mark->redrive);
                             } else {
                               not_ended_[mark->redrive] = mark->ends;
                             }
                             return true;
                           });
  }

  Result<void> open() {
    const auto tails = broker_.tails(changes_, kTailRecords, patience_);
    if (!tails) return tl::make_unexpected(tails.error());
    if (const Place place = find_place(*tails, std::nullopt); place.known) place.known->encode(interval_);
    for (const topic::Tail& tail : *tails) ends_[tail.partition] = tail.end;
    auto changes = broker_.writer(changes_);
    if (!changes) return tl::make_unexpected(changes.error());
    auto notes = broker_.writer(dead_letters_);
    if (!notes) return tl::make_unexpected(notes.error());
    to_changes_ = *std::move(changes);
    to_notes_ = *std::move(notes);
    return {};
  }

  // What redrives that did not end have written to the topic of changes, noted or not.
  Result<void> find_written() {
    if (not_ended_.empty()) return {};
    std::map<Partition, Offset> start;
    for (const auto& [partition, end] : ends_) {
      Offset from = end;
      for (const auto& [redrive, then] : not_ended_) {
        const auto known = then.find(partition);
        from = std::min(from, known == then.end() ? Offset{} : known->second);
      }
      start[partition] = from;
    }
    return for_each_record(
        broker_, changes_, patience_, stop_,
        [&](const topic::Batch& batch, const topic::Record& record) -> Result<bool> {
          const auto header = RecordHeader::decode(batch.header(record, kRecordHeader).value_or(""));
          if (header && header->source == kSourceName) written_.insert(header->id);
          return true;
        },
        start);
  }

  Result<bool> take(const topic::Batch& batch, const topic::Record& record) {
    const auto letter = read_dead_letter(batch, record);
    if (!letter || !seen_.insert(letter->id).second) return true;
    if (noted_.contains(letter->id)) {
      ++result_.before;
      return true;
    }
    if (written_.contains(redriven_id(letter->id))) {
      ++result_.before;
      return note(letter->id);
    }
    if (!letter->whole()) {
      ++result_.cut;
      return true;
    }
    const auto change = decode(*letter);
    if (!change) {
      ++result_.undecodable;
      return true;
    }
    if (auto sent = begin().and_then([&] { return send(*change); }); !sent) {
      return tl::make_unexpected(sent.error());
    }
    ++result_.written;
    return note(letter->id);
  }

  Result<bool> note(const EventId& letter) {
    unsettled_.push_back(letter);
    if (unsettled_.size() < kChunk) return true;
    return settle().map([] { return true; });
  }

  std::optional<Change> decode(const DeadLetter& letter) {
    std::optional<Change> change;
    if (letter.reason == DeadReason::malformed) {
      if (auto event = events_.decode(letter.value); event && !event->canary) change = event->change;
    } else {
      records_.clear();
      if (auto record = records_.decode(letter.value)) change = *record;
    }
    if (change) change->id = redriven_id(letter.id);
    return change;
  }

  // Before anything is written: should this redrive not come to its notes, the next one knows where to look.
  Result<void> begin() {
    if (begun_) return {};
    begun_ = true;
    return mark({.redrive = redrive_, .ended = false, .ends = ends_}).and_then([&] {
      return to_notes_->flush(patience_);
    });
  }

  // What the redrives that had not ended wrote by then is noted now. Any of them may be at work still.
  Result<void> end() {
    for (const auto& [redrive, then] : not_ended_) {
      if (auto sent = mark({.redrive = redrive, .ended = false, .ends = ends_}); !sent) return sent;
    }
    if (begun_) {
      if (auto sent = mark({.redrive = redrive_, .ended = true}); !sent) return sent;
    }
    return to_notes_->flush(patience_);
  }

  // All of one redrive in one partition, in order.
  Result<void> mark(const RedriveMark& mark) {
    return write(headers_of(mark), mark.redrive.to_string(), value_of(mark));
  }

  // A note; `named` is its one header.
  Result<void> write(const DeadHeaders& named, const std::string& key, const std::string& value) {
    const std::array headers{topic::Header{named.front().first, named.front().second}};
    return to_notes_->send({.key = key, .value = value, .headers = headers}, stop_);
  }

  Result<void> send(const Change& change) {
    encode_record(change, value_);
    encode_key(change, key_);
    RecordHeader{.id = change.id, .source = kSourceName, .interval = interval_}.encode(header_);
    const std::array headers{topic::Header{kRecordHeader, header_}};
    return to_changes_->send({.key = key_, .value = value_, .headers = headers}, stop_);
  }

  // The records first, for a note without its record would be a change that is never counted.
  Result<void> settle() {
    if (auto written = to_changes_->flush(patience_); !written) return written;
    failpoint("redrive.written");
    if (to_changes_->refused() > 0) return fatal("topic '" + changes_ + "' refuses a re-driven record");
    for (const EventId& id : unsettled_) {
      const std::string key = id.to_string();
      if (auto sent = write(redriven_note(id), key, R"({"redriven":")" + key + "\"}"); !sent) return sent;
    }
    unsettled_.clear();
    return to_notes_->flush(patience_);
  }

  topic::Broker& broker_;
  const std::string dead_letters_;
  const std::string changes_;
  const std::chrono::milliseconds patience_;
  const std::stop_token stop_;
  std::unique_ptr<topic::Writer> to_changes_;
  std::unique_ptr<topic::Writer> to_notes_;
  source::EventDecoder events_;
  RecordDecoder records_;
  std::string interval_;
  std::string header_;
  std::string value_;
  std::string key_;
  const EventId redrive_ = new_redrive();
  bool begun_ = false;
  std::map<Partition, Offset> ends_;  // of the topic of changes, before this one wrote to it
  std::map<EventId, std::map<Partition, Offset>> not_ended_;
  Ids noted_;
  Ids written_;
  Ids seen_;
  std::vector<EventId> unsettled_;
  Redriven result_;
};

}  // namespace

Result<DeadLetterList> list_dead_letters(topic::Broker& broker, const std::string& topic, std::size_t limit,
                                         std::size_t value_bytes, std::chrono::milliseconds patience,
                                         std::stop_token stop) {
  DeadLetterList list;
  Ids listed;
  Ids notes;
  const auto read =
      for_each_record(broker, topic, patience, stop,
                      [&](const topic::Batch& batch, const topic::Record& record) -> Result<bool> {
                        if (const auto id = read_redriven_note(batch, record)) {
                          if (listed.contains(*id)) notes.insert(*id);
                          return true;
                        }
                        if (read_redrive_mark(batch, record)) return true;
                        auto letter = read_dead_letter(batch, record);
                        if (!letter) {
                          ++list.foreign;
                        } else if (!listed.contains(letter->id)) {
                          if (list.letters.size() >= limit) {
                            list.more = true;
                            return true;
                          }
                          listed.insert(letter->id);
                          const std::size_t kept = letter->value.size();
                          letter->value.resize(std::min(kept, value_bytes));
                          list.letters.push_back({*std::move(letter), kept, false});
                        }
                        return true;
                      });
  if (!read) return tl::make_unexpected(read.error());
  for (ListedLetter& one : list.letters) one.redriven = notes.contains(one.letter.id);
  return list;
}

Result<Redriven> redrive_dead_letters(topic::Broker& broker, const std::string& dead_letters,
                                      const std::string& changes, std::chrono::milliseconds patience,
                                      std::stop_token stop) {
  return Redrive(broker, dead_letters, changes, patience, std::move(stop)).run();
}

}  // namespace wikiflow::pipeline
