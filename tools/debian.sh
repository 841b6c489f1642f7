#!/usr/bin/env bash
# Makes a minimal Debian 12 in a folder, from where this machine's own packages come from and as its apt fetches them.
#
#   tools/debian.sh DIR [OPTION...]       options are mmdebstrap's
#
# Needs root and mmdebstrap.
set -euo pipefail

readonly dir=${1:?which folder}
shift
sources=/etc/apt/sources.list.d/debian.sources # of images; an installed system has the other
[[ -e $sources ]] || sources=/etc/apt/sources.list
conf=$(mktemp)
trap 'rm -f "$conf"' EXIT
apt-config dump Acquire | grep -E '^Acquire::(Check|https?)' >"$conf" || true
mmdebstrap --quiet --variant=minbase --aptopt="$conf" "$@" bookworm "$dir" "$sources" >&2
