#include <array>
#include <charconv>
#include <limits>
#include <vector>

#include "event/json.h"
#include "store/archive.h"

namespace wikiflow::store {
namespace {

constexpr std::size_t kLongestLine = 1'000'000;
constexpr std::int64_t kMostPartitions = 1'000'000;

// Every field that a line may have.
struct Fields {
  std::optional<std::int64_t> version, partitions, dedupe_window, counting_version, checkpoints;
  std::optional<std::int64_t> partition, next, leader_epoch, counted, since_ms, count, included;
  std::optional<std::int64_t> domain_rows, domain_sum, user_rows, user_sum;
  std::optional<std::string_view> topic, generation, last_record, domain, user;
  std::optional<bool> by_partition, exact, end;
};

constexpr std::array<std::pair<std::string_view, std::optional<std::int64_t> Fields::*>, 16> kNumbers{{
    {"wikiflow_counts", &Fields::version},
    {"partitions", &Fields::partitions},
    {"dedupe_window", &Fields::dedupe_window},
    {"counting_version", &Fields::counting_version},
    {"checkpoints", &Fields::checkpoints},
    {"partition", &Fields::partition},
    {"next", &Fields::next},
    {"leader_epoch", &Fields::leader_epoch},
    {"counted", &Fields::counted},
    {"since_ms", &Fields::since_ms},
    {"count", &Fields::count},
    {"included", &Fields::included},
    {"domain_rows", &Fields::domain_rows},
    {"domain_sum", &Fields::domain_sum},
    {"user_rows", &Fields::user_rows},
    {"user_sum", &Fields::user_sum},
}};
constexpr std::array<std::pair<std::string_view, std::optional<std::string_view> Fields::*>, 5> kTexts{{
    {"topic", &Fields::topic},
    {"generation", &Fields::generation},
    {"last_record", &Fields::last_record},
    {"domain", &Fields::domain},
    {"user", &Fields::user},
}};
constexpr std::array<std::pair<std::string_view, std::optional<bool> Fields::*>, 3> kFlags{{
    {"by_partition", &Fields::by_partition},
    {"exact", &Fields::exact},
    {"end", &Fields::end},
}};

void read_field(std::string_view name, json::Value& value, Fields& fields) {
  for (const auto& [known, member] : kNumbers) {
    if (known == name) fields.*member = json::integer_or_nothing(value);
  }
  for (const auto& [known, member] : kTexts) {
    if (known == name) fields.*member = json::string_or_nothing(value);
  }
  for (const auto& [known, member] : kFlags) {
    if (known == name) fields.*member = json::bool_or_nothing(value);
  }
}

bool within(const std::optional<std::int64_t>& number, std::int64_t least,
            std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
  return number && *number >= least && *number <= most;
}

std::optional<std::uint64_t> read_unsigned(const std::optional<std::string_view>& text) {
  std::uint64_t number = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return number;
}

}  // namespace

class ArchiveReader::Lines {
 public:
  explicit Lines(std::istream& in) : in_(in), text_(kLongestLine + json::kPadding) {}

  // nullopt at the end of the text. What it returns is valid until the next call.
  Result<std::optional<Fields>> next() {
    ++number_;
    in_.getline(text_.data(), kLongestLine);
    auto size = static_cast<std::size_t>(in_.gcount());
    if (in_.eof() && size == 0) return std::nullopt;
    if (in_.bad()) return wrong("cannot be read");
    if (in_.fail()) return wrong("is too long");
    if (!in_.eof()) --size;  // the line's end is counted too
    Fields fields;
    json::Object object;
    simdjson::ondemand::document document;
    const bool whole = json::begin(parser_, text_.data(), size, document) == simdjson::SUCCESS &&
                       document.get_object().get(object) == simdjson::SUCCESS &&
                       json::for_each_field(object,
                                            [&](std::string_view name, json::Value& value) {
                                              read_field(name, value, fields);
                                              return true;
                                            }) &&
                       json::at_end(document);
    if (!whole) return wrong("is no JSON object");
    return fields;
  }

  tl::unexpected<Error> wrong(const std::string& what) const {
    return bad_input("line " + std::to_string(number_) + " of what is to be imported " + what);
  }

 private:
  std::istream& in_;
  std::vector<char> text_;
  std::size_t number_ = 0;
  simdjson::ondemand::parser parser_;
};

ArchiveReader::ArchiveReader(std::unique_ptr<Lines> lines) : lines_(std::move(lines)) {}
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader& ArchiveReader::operator=(ArchiveReader&&) noexcept = default;
ArchiveReader::~ArchiveReader() = default;

Result<ArchiveReader> ArchiveReader::open(std::istream& in) {
  ArchiveReader reader(std::make_unique<Lines>(in));
  if (auto head = reader.read_head(); !head) return tl::make_unexpected(head.error());
  return reader;
}

Result<void> ArchiveReader::read_head() {
  const auto line = lines_->next();
  if (!line) return tl::make_unexpected(line.error());
  if (!*line || !(*line)->version) return lines_->wrong("is not the first of what `store export` writes");
  const Fields& fields = **line;
  if (fields.version != 1) return lines_->wrong("is of a version that this program does not know");
  constexpr auto kMostVersion = std::numeric_limits<std::int32_t>::max();
  if (!fields.topic || !fields.generation || !within(fields.partitions, 1, kMostPartitions) ||
      !within(fields.dedupe_window, 0) || !within(fields.counting_version, 1, kMostVersion) ||
      !fields.by_partition || !within(fields.checkpoints, 0, *fields.partitions)) {
    return lines_->wrong("does not say what the counts are counts of");
  }
  head_.identity = {.topic = std::string(*fields.topic),
                    .generation = std::string(*fields.generation),
                    .partitions = static_cast<std::int32_t>(*fields.partitions),
                    .dedupe_window = *fields.dedupe_window,
                    .counting_version = static_cast<std::int32_t>(*fields.counting_version)};
  head_.by_partition = *fields.by_partition;
  for (std::int64_t n = *fields.checkpoints; n > 0; --n) {
    if (auto read = read_checkpoint(); !read) return read;
  }
  return {};
}

Result<void> ArchiveReader::read_checkpoint() {
  const auto line = lines_->next();
  if (!line) return tl::make_unexpected(line.error());
  const Fields fields = *line ? **line : Fields{};
  constexpr std::int64_t kMostEpoch = std::numeric_limits<std::int32_t>::max();
  const auto last_record = read_unsigned(fields.last_record);
  if (!within(fields.partition, 0, head_.identity.partitions - 1) || !within(fields.next, 0) ||
      !within(fields.leader_epoch, -1, kMostEpoch) || !last_record || !within(fields.counted, 0) ||
      !fields.exact) {
    return lines_->wrong("is not a checkpoint");
  }
  Checkpoint checkpoint{.next = Offset{*fields.next},
                        .leader_epoch = static_cast<std::int32_t>(*fields.leader_epoch),
                        .last_record = *last_record,
                        .counted = static_cast<std::uint64_t>(*fields.counted),
                        .exact = *fields.exact};
  if (fields.since_ms) checkpoint.since = from_unix_ms(*fields.since_ms);
  const Partition partition{static_cast<std::int32_t>(*fields.partition)};
  if (!head_.checkpoints.emplace(partition, checkpoint).second) {
    return lines_->wrong("is a second checkpoint of a partition");
  }
  return {};
}

Result<std::optional<ArchiveRow>> ArchiveReader::next() {
  const auto line = lines_->next();
  if (!line) return tl::make_unexpected(line.error());
  if (!*line) return lines_->wrong("is missing: the text was cut off, or its export did not end well");
  const Fields& fields = **line;
  if (fields.end) {
    const ArchiveSums::Kind domains{fields.domain_rows.value_or(-1),
                                    static_cast<std::uint64_t>(fields.domain_sum.value_or(-1))};
    const ArchiveSums::Kind users{fields.user_rows.value_or(-1),
                                  static_cast<std::uint64_t>(fields.user_sum.value_or(-1))};
    if (domains != sums_.domains() || users != sums_.users()) {
      return lines_->wrong("says that there were other rows than those above it");
    }
    if (auto sums = sums_.check(head_); !sums) return lines_->wrong("is wrong: " + sums.error().what);
    if (const auto more = lines_->next(); !more || *more) return lines_->wrong("comes after the end");
    return std::nullopt;
  }
  const bool placed =
      within(fields.partition, 0, head_.identity.partitions - 1) && within(fields.included, 0);
  if (fields.domain.has_value() == fields.user.has_value() || !within(fields.count, 1) ||
      (head_.by_partition && !placed)) {
    return lines_->wrong("is not a row of counts");
  }
  ArchiveRow row{.user = fields.user.has_value(),
                 .key = fields.user ? *fields.user : *fields.domain,
                 .count = static_cast<std::uint64_t>(*fields.count)};
  if (head_.by_partition) {
    row.partition = Partition{static_cast<std::int32_t>(*fields.partition)};
    row.included = Offset{*fields.included};
  }
  sums_.add(head_, row);
  return row;
}

}  // namespace wikiflow::store
