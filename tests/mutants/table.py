"""The mutants: wikiflow with one of its guarantees taken out, each of which a test must notice.

An edit names text that stands in its file exactly once; when the code moves on, the edit has to follow
(tests/mutants/table_test.py fails until it does).

Where blows at random moments seldom come to it, `scenario` is the one of chaos (tests/chaos/scenarios.py) that does.
Where no count can come out wrong, `why` says for what reason; that a promise is broken nevertheless is seen there, too.
Where chaos does not come to it at all, `simulated` says why, and only the simulation has to notice.
"""

from dataclasses import dataclass

STORE = "src/store/cassandra/cassandra_store.cc"
READ_ROWS = """\
  const auto read = read_places(
      *session_, places_of(generation_, identity.partitions), options_.reads_at_once,
      [this](const Place& place, std::span<const CountRow> rows) { load(place, rows); }, options_.stop);
  if (!read) return tl::make_unexpected(read.error());
"""


@dataclass(frozen=True)
class Edit:
    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    name: str
    what: str  # the guarantee that is gone
    edits: tuple[Edit, ...]
    store: str = "rocksdb"  # on which chaos has to run to meet it
    scenario: str = ""  # blows at random moments where there is none
    why: str = ""
    simulated: str = ""


MUTANTS = (
    Mutant(
        "checkpoint_before_rows",
        "a checkpoint is written, and read at the next start, before the rows that it includes",
        (
            Edit(
                STORE,
                "  if (auto sent = send(batches, limits, deadline); !sent) return tl::make_unexpected(sent.error());\n",
                "",
            ),
            Edit(
                STORE,
                "written, [&](const auto& one) { return one.first + options_.sync_period > clock_.steady(); });",
                "written, [&](const auto&) { return false; });",
            ),
            Edit(
                STORE,
                "  if (auto written = write_checkpoints(until); !written) {\n"
                "    return tl::make_unexpected(written.error());\n"
                "  }\n",
                "  if (auto written = write_checkpoints(until); !written) {\n"
                "    give_back(batches, std::vector<bool>(batches.size(), false));\n"
                "    return tl::make_unexpected(written.error());\n"
                "  }\n"
                "  if (auto sent = send(batches, limits, deadline); !sent) {\n"
                "    return tl::make_unexpected(sent.error());\n"
                "  }\n",
            ),
        ),
        store="cassandra",
        scenario="torn",
    ),
    Mutant(
        "rows_read_before_checkpoint",
        "a recovery reads the rows first, and an owner that writes in between moves the checkpoint past them",
        (
            Edit(STORE, "  // The checkpoints before the rows: see the header.\n", READ_ROWS),
            Edit(STORE, READ_ROWS, ""),
        ),
        store="cassandra",
        scenario="recovery",
    ),
    Mutant(
        "start_from_group_offset",
        "reading begins where the group has committed, and not where the store says",
        (
            Edit(
                "src/topic/fake/reader.cc",
                "        beginning.emplace_back(partition, start_of(partition, {topic_.partitions[i].beginning}));\n",
                "        const auto& commits = state_->commits[{options.group, topic_.name}];\n"
                "        const auto committed = commits.find(partition);\n"
                "        beginning.emplace_back(partition, committed != commits.end()\n"
                "                                              ? committed->second\n"
                "                                              : start_of(partition, "
                "{topic_.partitions[i].beginning}));\n",
            ),
            Edit(
                "src/topic/kafka/reader.cc",
                "    position->second.value = std::max(low, offset.value);\n  }\n",
                "    position->second.value = std::max(low, offset.value);\n  }\n"
                "  auto* const list = rd_kafka_topic_partition_list_new(partitions_at_start_);\n"
                "  for (const auto& [partition, offset] : positions) {\n"
                "    rd_kafka_topic_partition_list_add(list, topic_.c_str(), partition.number);\n"
                "  }\n"
                "  rd_kafka_committed(client_.get(), list, 5'000);\n"
                "  for (int i = 0; i < list->cnt; ++i) {\n"
                "    if (list->elems[i].offset < 0) continue;\n"
                "    positions[{list->elems[i].partition}] = {list->elems[i].offset};\n"
                "  }\n"
                "  rd_kafka_topic_partition_list_destroy(list);\n",
            ),
        ),
    ),
    Mutant(
        "increment_instead_of_absolute",
        "a flush adds to what the row says, so a write that is done twice counts twice",
        (
            Edit(
                "src/store/cassandra/partition_counts.h",
                "    bool dirty = false;  // it is in the list of keys to write\n",
                "    bool dirty = false;  // it is in the list of keys to write\n    std::uint64_t written = 0;\n",
            ),
            Edit(
                "src/store/cassandra/partition_counts.h",
                "    cells_[number] = {count, included, false};\n",
                "    cells_[number] = {count, included, false, count};\n",
            ),
            Edit(
                "src/store/cassandra/partition_counts.h",
                "  const Cell& operator[](std::uint32_t number) const",
                "  void wrote(std::uint32_t number, std::uint64_t count) { cells_[number].written = count; }\n"
                "  const Cell& operator[](std::uint32_t number) const",
            ),
            Edit(
                STORE,
                "  std::vector<std::uint32_t> numbers;\n",
                "  std::vector<std::uint32_t> numbers;\n  std::vector<std::uint64_t> counts;\n",
            ),
            Edit(
                STORE,
                "        batch.rows.push_back({key, cell.count, counts.at.next});\n",
                "        batch.rows.push_back({key, cell.count - cell.written, counts.at.next});\n"
                "        batch.counts.push_back(cell.count);\n",
            ),
            Edit(
                STORE,
                "  const auto batches = take_batches(at);\n",
                "  auto batches = take_batches(at);\n"
                "  for (Batch& batch : batches) {\n"
                "    std::ignore = session_->read_counts(batch.place, [&](const CountRow& row) {\n"
                "      for (CountRow& mine : batch.rows) mine.count += mine.key == row.key ? row.count : 0;\n"
                "    });\n"
                "  }\n",
            ),
            Edit(
                STORE,
                "    for (const auto& [partition, checkpoint] : at) {\n"
                "      PartitionCounts& counts = partitions_[partition];\n",
                "    for (const Batch& batch : batches) {\n"
                "      auto& keys = partitions_[batch.place.partition].keys[index(batch.place.kind)];\n"
                "      for (std::size_t i = 0; i < batch.numbers.size(); ++i) {\n"
                "        keys.wrote(batch.numbers[i], batch.counts[i]);\n"
                "      }\n"
                "    }\n"
                "    for (const auto& [partition, checkpoint] : at) {\n"
                "      PartitionCounts& counts = partitions_[partition];\n",
            ),
        ),
        store="cassandra",
    ),
    Mutant(
        "no_using_timestamp",
        "the last write of a row wins, whatever it includes: one that slept writes over what came after it",
        (
            Edit(
                "src/store/cassandra/session.h",
                "constexpr std::int64_t write_time(Offset included) { return 1'000'000 + included.value; }\n",
                "inline std::int64_t write_time(Offset) {\n"
                "  const auto now = std::chrono::system_clock::now().time_since_epoch();\n"
                "  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();\n"
                "}\n",
            ),
            Edit(
                "src/store/cassandra/cql_session.cc",
                '"VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?"},\n      {&statements.write_checkpoint,',
                '"VALUES (?, ?, ?, ?, ?, ?, ?)"},\n      {&statements.write_checkpoint,',
            ),
            Edit(
                "src/store/cassandra/cql_session.cc",
                "Value(row.included.value),\n                                   Value(write_time(row.included))});",
                "Value(row.included.value)});",
            ),
            Edit("src/store/cassandra/cql_session.cc", "kCountColumns = 8;", "kCountColumns = 7;"),
        ),
        store="cassandra",
        scenario="asleep",
    ),
    Mutant(
        "dedupe_off",
        "what is in the log twice counts twice",
        (
            Edit(
                "src/pipeline/lane.cc",
                "    verdicts.push_back(duplicate ? Verdict::duplicate : Verdict::counts);\n",
                "    std::ignore = duplicate;\n    verdicts.push_back(Verdict::counts);\n",
            ),
            Edit("src/pipeline/lane.cc", "#include <algorithm>\n", "#include <algorithm>\n#include <tuple>\n"),
        ),
    ),
    Mutant(
        "window_not_rebuilt",
        "a start reads from the checkpoint on and knows nothing of the ids before it",
        (
            Edit(
                "src/pipeline/lane.cc",
                "    starts[partition] = Offset{std::max<std::int64_t>(0, checkpoint.next.value - ids)};\n",
                "    starts[partition] = Offset{checkpoint.next.value - 0 * ids};\n",
            ),
        ),
    ),
    Mutant(
        "no_rewind",
        "a resume asks the source for the position itself, and gets neither its neighbours nor what came late",
        (
            Edit(
                "src/source/position.cc",
                "std::max(*component.timestamp - margin, kLeast)",
                "std::max(*component.timestamp - 0 * margin, kLeast)",
            ),
        ),
    ),
    Mutant(
        "acknowledged_from_sent",
        "a record says that everything sent before it is in the topic, acknowledged or not",
        (
            Edit(
                "src/pipeline/ingest.cc",
                "void Ingest::pass_acknowledged() {\n  const std::uint64_t acknowledged = writer_->acknowledged();\n",
                "void Ingest::pass_acknowledged() {\n  const std::uint64_t acknowledged = sent_;\n",
            ),
        ),
        scenario="severed",
    ),
    Mutant(
        "revoke_without_flush",
        "what was counted of a partition that goes to another is not made lasting first",
        (Edit(STORE, "  if (ours) std::ignore = flush(limit);\n", ""),),
        store="cassandra",
        scenario="handover",
        why="the next owner has counted the same log and takes its start from the checkpoint: own() marks every key "
        "that changed beyond it, so the rows that the former owner kept to itself are written all the same. What is "
        "wrong is that nothing of it lasts until then",
    ),
    Mutant(
        "revoke_commits_what_is_not_lasting",
        "a partition that goes to another is committed as far as it was counted, flushed or not",
        (
            Edit(STORE, "  if (ours) std::ignore = flush(limit);\n", ""),
            Edit(
                STORE,
                "    if (ours && counts.owned && counts.lasting > Offset{}) lasting[partition] = counts.lasting;\n",
                "    if (ours && counts.owned && counts.known) lasting[partition] = counts.at.next;\n",
            ),
        ),
        store="cassandra",
        scenario="handover",
        why="no start ever reads a commit: reading begins at the store's checkpoints. What is wrong is what the group "
        "shows",
    ),
    Mutant(
        "per_row_skip_off",
        "after a recovery the log is counted from the checkpoint on into rows that include some of it",
        (
            Edit(
                "src/store/cassandra/partition_counts.h",
                "    return cell != cells_.end() && offset < cell->second.after;\n",
                "    return cell != cells_.end() && offset < Offset{};\n",
            ),
        ),
        store="cassandra",
    ),
    Mutant(
        "own_marks_nothing",
        "who takes a partition over writes only what changes from then on",
        (Edit(STORE, "    for (KeyCounts& keys : counts.keys) keys.mark_since(counts.lasting);\n", ""),),
        store="cassandra",
    ),
    Mutant(
        "refused_rows_forgotten",
        "rows that were refused are not written again",
        (
            Edit(
                STORE,
                "    if (done[i]) continue;\n    PartitionCounts& counts = partitions_[batches",
                "    if (done[i] || true) continue;\n    PartitionCounts& counts = partitions_[batches",
            ),
        ),
        store="cassandra",
    ),
    Mutant(
        "in_flight_taken_as_sent",
        "after its writer failed, a producer drops what it had in flight as a repeat",
        (
            Edit(
                "src/source/source.cc",
                "  recent_.reset(seen);\n",
                "  for (const EventId& id : seen) recent_.add(id);\n",
            ),
        ),
        scenario="severed",
    ),
    Mutant(
        "duplicates_leave_no_id",
        "a duplicate's id takes no place in the window",
        (
            Edit(
                "src/pipeline/dedupe.cc",
                "  ring_[place] = *id;\n",
                "  ring_[place] = known ? kNone : *id;\n  if (known) return true;\n",
            ),
        ),
        simulated="an event has to come three times, the last more than a window after the first; two producers and a "
        "rewind never lie so far apart",
    ),
    Mutant(
        "commit_what_was_counted",
        "a commit names what was counted, lasting or not",
        (
            Edit(
                "src/pipeline/tally.cc",
                "  if (!lasting) {\n",
                "  if (!lasting) {\n"
                "    for (const auto& [p, next] : store_.view().included) committer_.commit(p, next);\n",
            ),
        ),
        store="cassandra",
        scenario="handover",
        why="no start ever reads a commit",
    ),
    Mutant(
        "checkpoint_with_later_rows",
        "a checkpoint is the one of after its flush, and includes what came in meanwhile",
        (
            Edit(
                STORE,
                "        counts.written.emplace_back(clock_.steady(), checkpoint);\n",
                "        counts.written.emplace_back(clock_.steady(), counts.at);\n",
            ),
        ),
        store="cassandra",
    ),
)

BY_NAME = {mutant.name: mutant for mutant in MUTANTS}
