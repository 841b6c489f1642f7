#!/usr/bin/env bash
# Builds and tests a clone of this checkout's HEAD on a bare Debian 12: only git, make and curl are there before.
#
#   tools/bare-test.sh DIR [MAKE_TARGET...]        DIR is made anew below, as DIR/root; the target is `unit` by default
#
# Needs root and mmdebstrap. The root shares no file with this machine, but for how its package clients reach their
# registries: Debian's sources, certificates under /usr/local/share/ca-certificates, and the clients' own configuration.
set -euo pipefail
cd "$(dirname "$0")/.."

(($#)) || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 64; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
readonly dir root=$dir/root
targets=("$@")
((${#targets[@]})) || targets=(unit)

# copy FILE...: those that there are, to the same place in the root.
copy() {
  local file
  for file in "$@"; do
    [[ -e $file ]] || continue
    mkdir -p "$root$(dirname "$file")"
    cp -rL "$file" "$root$(dirname "$file")"
  done
}

if [[ ! -e $root/.made ]]; then
  rm -rf "$root"
  tools/debian.sh "$root" --include=git,make,curl,ca-certificates
  touch "$root/.made"
fi
copy /etc/resolv.conf /etc/hosts /usr/local/share/ca-certificates /etc/npmrc /etc/pip.conf "$HOME/.npmrc" "$HOME/.m2/settings.xml"
chroot "$root" update-ca-certificates >/dev/null 2>&1
rm -rf "$root/src"
git clone --quiet --no-hardlinks . "$root/src"

variables=(HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
while IFS= read -r pair; do variables+=("$pair"); done < <(
  env | grep -iE '^(npm_config_|pip_|(https?|no)_proxy=|ssl_cert|node_extra_ca|curl_ca|java_tool_options)' || true
)
begin=$SECONDS
# shellcheck disable=SC2016  # expanded inside
unshare --mount --pid --fork bash -euo pipefail -c '
  root=$1
  shift
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  exec chroot "$root" env -i "$@"
' bash "$root" "${variables[@]}" bash -c 'cd /src && exec make "$@" </dev/null' bash "${targets[@]}"
echo "bare-test: make ${targets[*]} on a bare Debian 12 took $((SECONDS - begin)) s"
