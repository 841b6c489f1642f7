#!/usr/bin/env bash
# All linters; goes on to the next when one complains, and fails at the end.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

failed=()
check() {
  local name=$1
  shift
  printf 'lint: %s\n' "$name"
  "$@" || failed+=("$name")
}

mapfile -t cxx < <(git ls-files --cached --others --exclude-standard '*.cc' '*.h')
mapfile -t shell < <(git grep --untracked -lE '^#!.*\b(ba)?sh$' -- ':!web' ':!*.md')

check clang-format clang-format-14 --dry-run -Werror "${cxx[@]}"
check ruff .deps/venv/bin/ruff check --quiet .
check "ruff format" .deps/venv/bin/ruff format --quiet --check .
check shellcheck shellcheck -x "${shell[@]}"
check hadolint .deps/venv/bin/hadolint Dockerfile.* deploy/stand-in/Dockerfile.*
check actionlint .deps/actionlint/actionlint
check promtool promtool check config deploy/prometheus/prometheus.yml
check deploy .deps/venv/bin/python tools/check_deploy.py
check clang-tidy python3 tools/tidy.py

if ((${#failed[@]})); then
  printf 'lint: FAILED: %s\n' "$(IFS=,; echo "${failed[*]}")"
  exit 1
fi
echo "lint: clean"
