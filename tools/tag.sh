#!/usr/bin/env bash
# Prints the tag of a release of the version in VERSION. Fails in a workflow that runs for another one: what is published
# would not be what was tagged.
set -euo pipefail
cd "$(dirname "$0")/.."

tag=v$(<VERSION)
[[ -z ${GITHUB_REF_NAME:-} || $GITHUB_REF_NAME == "$tag" ]] || {
  echo "tag: the tag is $GITHUB_REF_NAME, but VERSION says $tag" >&2
  exit 78
}
echo "$tag"
