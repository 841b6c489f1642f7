#!/usr/bin/env bash
# Runs each fuzzer for a while: tools/fuzz.sh BUILD_DIR SECONDS FUZZER...
#
# A fuzzer starts from fuzz/corpus/NAME, if there is one, and keeps what it finds in BUILD_DIR, so that the next run goes
# on from there. An input that crashes it is left in BUILD_DIR/crashes and fails the run.
set -euo pipefail

readonly build=$1 seconds=$2
shift 2
failed=()
mkdir -p "$build/crashes"
for name in "$@"; do
  binary=$(find "$build" -type f -name "$name" -perm -u+x)
  [[ $binary ]] || { echo "fuzz: $name is not built" >&2; exit 1; }
  found=$build/corpus/$name
  mkdir -p "$found"
  seeds=()
  [[ -d fuzz/corpus/$name ]] && seeds=("fuzz/corpus/$name")
  dictionary=()
  [[ -f fuzz/$name.dict ]] && dictionary=(-dict="fuzz/$name.dict")
  echo "fuzz: $name for $seconds s"
  log=$build/$name.log
  if UBSAN_OPTIONS=print_stacktrace=1 "$binary" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -verbosity=0 -artifact_prefix="$build/crashes/$name-" \
    "${dictionary[@]}" "$found" "${seeds[@]}" >"$log" 2>&1; then
    grep -E '^stat::(number_of_executed_units|peak_rss_mb)' "$log" || true
  else
    tail -n 60 "$log"
    failed+=("$name")
  fi
done
((${#failed[@]} == 0)) || { echo "fuzz: FAILED: ${failed[*]}; the inputs are in $build/crashes" >&2; exit 1; }
echo "fuzz: nothing found"
