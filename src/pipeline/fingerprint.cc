#include "pipeline/fingerprint.h"

#include <openssl/evp.h>

#include <array>
#include <cstring>
#include <string>

namespace wikiflow::pipeline {

std::uint64_t fingerprint(std::string_view key, std::string_view value) {
  std::string text = std::to_string(key.size()) + ' ';
  text.reserve(text.size() + key.size() + value.size());
  text += key;
  text += value;
  std::array<unsigned char, 32> digest{};
  unsigned length = digest.size();
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < 8; ++i) first = first << 8U | digest.at(i);
  return first == 0 ? 1 : first;
}

}  // namespace wikiflow::pipeline
