#include "config/environment.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>
#include <system_error>

namespace wikiflow::config {
namespace {

constexpr std::size_t kMaxFileBytes = 1U << 20U;

Result<std::optional<std::string>> read_small_file(const std::string& path) {
  const auto failed = [&](int error) {
    return bad_input("cannot read " + path + ": " + std::generic_category().message(error));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>{};
    return failed(errno);
  }
  std::string content(kMaxFileBytes + 1, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (std::ferror(file.get()) != 0) return failed(errno);
  if (content.size() > kMaxFileBytes) return bad_input(path + " is larger than 1 MiB");
  return std::optional(std::move(content));
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  environment.read_file = read_small_file;
  return environment;
}

}  // namespace wikiflow::config
