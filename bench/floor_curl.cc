// The least that reading a stream over HTTP costs: libcurl, with what came thrown away.

#include <curl/curl.h>

#include <CLI/CLI.hpp>

#include "kafka.h"
#include "measure.h"

namespace {

using namespace wikiflow::bench;

struct Seen {
  std::uint64_t bytes = 0;
  std::uint64_t wanted = 0;
};

// Less than `count` ends the transfer.
std::size_t take(char* /*data*/, std::size_t /*one*/, std::size_t count, void* seen) {
  auto& so_far = *static_cast<Seen*>(seen);
  so_far.bytes += count;
  return so_far.bytes < so_far.wanted ? count : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Meter meter;
  std::string url;
  Seen seen;
  long buffer = 0;
  CLI::App app("Reads a stream and discards it");
  app.add_option("--url", url)->required();
  app.add_option("--bytes", seen.wanted, "of the body, after which it ends")->required();
  app.add_option("--buffer", buffer, "libcurl's read buffer")->required();
  CLI11_PARSE(app, argc, argv);

  CURL* const curl = curl_easy_init();
  if (curl == nullptr) die("no curl handle");
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "wikiflow-bench/1 (floor)");
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, buffer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &seen);
  const CURLcode code = curl_easy_perform(curl);
  if (seen.bytes < seen.wanted) die(curl_easy_strerror(code));
  print_result({{"bytes", static_cast<double>(seen.bytes)},
                {"wall_s", meter.wall_s()},
                {"cpu_s", meter.cpu_s()},
                {"rss_mb", peak_rss_mb()}});
  curl_easy_cleanup(curl);
  return 0;
}
