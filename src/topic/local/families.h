// The column families that the log uses.

#pragma once

namespace wikiflow::topic::local {

constexpr const char* kRecordsFamily = "log.records";  // chunks of records, see chunk.h
constexpr const char* kStateFamily = "log.state";      // topics and commits, see log.h

}  // namespace wikiflow::topic::local
