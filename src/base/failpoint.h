// A place at which a test may have the process die.
//
// In a build with tests (WIKIFLOW_TESTS=ON) the process kills itself, as `kill -9` would, when it comes for
// the n-th time to the place that the environment names: WIKIFLOW_FAILPOINT="rows.partly:3". In every other
// build the function is empty; failpoint.cc alone is compiled in two ways, so that adding tests rebuilds
// nothing else. Turned down: a macro, which would be another program in each object.
//
// A place is named by a step and a moment of it (tests/chaos/failpoints.py has them all). They stand where
// something is done once for many records, never once a record.
//
// Threads: any.

#pragma once

namespace wikiflow {

void failpoint(const char* name);

}  // namespace wikiflow
