#!/usr/bin/env bash
# Configures build/PRESET, unless that was done and still holds.
#
#   tools/configure.sh release                  options are left as they were; off when there is no build yet
#   tools/configure.sh release TESTS BENCH      WIKIFLOW_TESTS and WIKIFLOW_BENCH are on from now on
#
# An option is never turned off again, so `make run` after `make test` rebuilds nothing, and `make run` on a bare machine
# asks for no GoogleTest.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly preset=$1 cache=build/$1/CMakeCache.txt
shift
flags=()
if [[ ! -f build/$preset/build.ninja ]]; then
  rm -f "$cache" # of a configuration that failed
  flags+=(-DWIKIFLOW_TESTS=OFF -DWIKIFLOW_BENCH=OFF)
fi
for option in "$@"; do
  grep -qs "^WIKIFLOW_$option:BOOL=ON" "$cache" || flags+=("-DWIKIFLOW_$option=ON")
done
mkdir -p build
if ((${#flags[@]})) || [[ CMakePresets.json -nt $cache ]]; then
  cmake --preset "$preset" "${flags[@]}" >"build/$preset.configure.log" 2>&1 || {
    cat "build/$preset.configure.log" >&2
    exit 1
  }
  touch "$cache"
fi
