#include "sim/recorder.h"

#include <cerrno>
#include <system_error>

#include "base/log.h"
#include "base/utf8.h"
#include "sim/append.h"

namespace wikiflow::sim {
namespace {

constexpr std::size_t kBuffer = std::size_t{256} << 10U;

std::string reason() { return std::generic_category().message(errno); }

}  // namespace

Result<std::unique_ptr<Recorder>> Recorder::create(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return bad_input("cannot write the record of frames to " + path + ": " + reason());
  (void)std::setvbuf(file, nullptr, _IOFBF, kBuffer);
  return std::unique_ptr<Recorder>(new Recorder(file, path));
}

void Recorder::add(FrameKind kind, std::uint64_t n, std::string_view id, std::string_view data) {
  line_ = R"({"kind":")";
  line_.append(to_string(kind)).append(R"(","n":)");
  append_number(static_cast<std::int64_t>(n), line_);
  if (!id.empty()) line_.append(R"(,"id":)").append(id);
  if (kind == FrameKind::oversized) {
    line_ += R"(,"bytes":)";
    append_number(static_cast<std::int64_t>(data.size()), line_);
  } else if (kind == FrameKind::malformed) {
    line_ += R"(,"text":")";
    append_json_escaped(data, line_);
    line_ += '"';
  } else {
    line_.append(R"(,"data":)").append(data);
  }
  line_ += "}\n";
  write(line_);
}

void Recorder::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size() || failed_) return;
  failed_ = true;
  log_error("sim", "the record of frames is incomplete", {{"file", path_}, {"reason", reason()}});
}

void Recorder::flush() {
  if (std::fflush(file_.get()) == 0 || failed_) return;
  failed_ = true;
  log_error("sim", "the record of frames is incomplete", {{"file", path_}, {"reason", reason()}});
}

}  // namespace wikiflow::sim
