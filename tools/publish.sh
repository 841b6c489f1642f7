#!/usr/bin/env bash
# Drafts a release of the version in VERSION from build/dist, by GitHub's command line; GH_TOKEN says as whom.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v gh >/dev/null || { echo "publish: no gh here" >&2; exit 69; }
tag=$(tools/tag.sh)
readonly tag
(cd build/dist && sha256sum --check --quiet -- *.sha256)
gh release create "$tag" --draft --verify-tag --title "wikiflow $(<VERSION)" --notes-file CHANGELOG.md build/dist/*
