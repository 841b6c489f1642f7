// A file of every frame that was served, as it was served: what a count that shares no code with ours is made
// from.
//
// One line of JSON a frame:
//   {"kind":"event","n":17,"id":[...],"data":{...}}            data is the frame's data, byte for byte
//   {"kind":"canary","n":18,"id":[...],"data":{...}}
//   {"kind":"malformed","n":18,"id":[...],"text":"..."}        as a string; what is not UTF-8 as U+FFFD
//   {"kind":"oversized","n":18,"id":[...],"bytes":5242880}     the data itself is left out
//   {"kind":"error","n":18,"data":{...}}
// `n` numbers the events of the log (of an extra frame: the event that it stood before).
//
// An independent count: take the lines of kind "event" (equally: those whose `data` is an object with a
// non-empty title and a meta.domain that is neither empty nor "canary"); of lines with the same meta.id (or,
// where there is none, the same meta.topic, partition and offset) take one; count meta.domain, and user where
// there is one. In Python:
//   seen = {}
//   for line in open(path, encoding="utf-8", newline="\n"):
//       frame = json.loads(line)
//       if frame["kind"] == "event": seen[frame["data"]["meta"]["id"]] = frame["data"]
//   by_domain = Counter(e["meta"]["domain"] for e in seen.values())
//   by_user = Counter(e["user"] for e in seen.values() if e.get("user") is not None)
//
// A frame is in the file before it is on the wire, and a frame that was cut off is not, so at any moment a
// client has at most what the file holds; once it has read to the end, exactly the distinct events of the
// file.
//
// Threads: one. Not bounded: the disk is.

#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sim/events.h"

namespace wikiflow::sim {

class Recorder {
 public:
  // Empties the file if there is one. Errors: bad_input naming the path.
  static Result<std::unique_ptr<Recorder>> create(const std::string& path);

  void add(FrameKind kind, std::uint64_t n, std::string_view id, std::string_view data);

  // Hands everything to the operating system. A disk that is full is logged once, and failed() then.
  void flush();
  bool failed() const { return failed_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { (void)std::fclose(file); }
  };
  Recorder(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}
  void write(std::string_view bytes);

  std::unique_ptr<std::FILE, Close> file_;
  std::string path_;
  std::string line_;
  bool failed_ = false;
};

}  // namespace wikiflow::sim
