#!/usr/bin/env bash
# Gathers in build/dist what a release is: the programs, the Debian package, the list of parts, checksums of all.
set -euo pipefail
cd "$(dirname "$0")/.."

name=wikiflow-$(<VERSION)-linux-$(uname -m)
readonly name programs=(build/bin/{producer,consumer,wikiflow})
rm -rf build/dist
mkdir -p "build/dist/$name"
cp LICENSE THIRD_PARTY_NOTICES README.md CHANGELOG.md .env.example db/init.cql "build/dist/$name"
for program in "${programs[@]}"; do strip -o "build/dist/$name/${program##*/}" "$program"; done
tar -C build/dist --owner=0 --group=0 --sort=name -czf "build/dist/$name.tar.gz" "$name"
rm -rf "build/dist/${name:?}"
cp build/package/*.deb build/dist
python3 tools/sbom.py "${programs[@]}" >"build/dist/$name.cdx.json"
cd build/dist
sha256sum -- * >"$name.sha256"
ls -1
