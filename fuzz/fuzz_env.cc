// Any bytes as an `.env` file: it is read, or refused with the number of a line; what was read is read again
// from what
// --print-config would show; and no value makes the checks of the settings fail in any way but by an error.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/env_file.h"
#include "config/resolve.h"
#include "config/settings.h"

namespace {

using namespace wikiflow;
using namespace wikiflow::config;

void check_entries(const std::vector<EnvEntry>& entries) {
  Values values;
  std::size_t line = 0;
  for (const auto& entry : entries) {
    if (entry.name.empty() || entry.line <= line) std::abort();
    line = entry.line;
    values.put({.name = entry.name},
               {.text = entry.value, .origin = Origin::flag, .where = "test", .set = true});
  }
  const auto again = parse_env_file(values.print());
  if (values.print().size() > kMaxEnvFileBytes) return;
  if (!again || again->size() != entries.size()) std::abort();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if ((*again)[i].name != entries[i].name || (*again)[i].value != entries[i].value) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto entries = parse_env_file(text);
  if (entries) {
    check_entries(*entries);
  } else if (!entries.error().what.starts_with("line ")) {
    std::abort();
  }
  const Environment environment{
      .variables = {}, .read_file = [&](const std::string& path) -> Result<std::optional<std::string>> {
        return path == ".env" ? std::optional(text) : std::nullopt;
      }};
  static const std::vector<Setting> rows = settings_of(kProducer);
  const auto resolved = resolve(rows, {.takes_properties = true}, environment);
  if (!resolved && resolved.error().what.empty()) std::abort();
  return 0;
}
