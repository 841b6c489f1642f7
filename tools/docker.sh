#!/usr/bin/env bash
# A container engine for `make images` and `make compose-test`.
#
#   tools/docker.sh run COMMAND...   COMMAND with an engine: the machine's own when one answers, else one of ours, which
#                                    is ended afterwards
#   tools/docker.sh up | down        ours, to be used by hand: export DOCKER_HOST=$(tools/docker.sh host)
#   tools/docker.sh host             where ours listens
#
# Ours is a dockerd with everything of its own below .servers/docker: data, state, pid file, socket, log. Its data
# outlives it, so the next build finds the layers of the last. It is given a debian:bookworm-slim made from Debian's
# packages, which carries this machine's certificates and the settings of its package clients: a build reaches the
# registries as the machine itself does, and no Dockerfile knows of it. Needs root; `tools/deps.sh docker` installs it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

readonly dir=$root/.servers/docker
readonly host=unix://$dir/docker.sock
readonly BASE=debian:bookworm-slim
readonly READY_WITHIN=60 # seconds; usually 2

die() { printf 'docker: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 64; }

# Its process id, if it runs. A pid file can outlive its process, and the number can be another's.
engine_pid() {
  local pid
  [[ -f $dir/docker.pid ]] && pid=$(<"$dir/docker.pid") && [[ $pid ]] || return 1
  grep -Fqs "$dir/docker.pid" "/proc/$pid/cmdline" && echo "$pid"
}

# Written to standard output: a root of Debian as the official slim image has it, plus what this machine's package
# clients need.
make_base() {
  local work=$dir/base file
  rm -rf "$work"
  "$root/tools/debian.sh" "$work" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright'
  echo force-unsafe-io >"$work/etc/dpkg/dpkg.cfg.d/docker-apt-speedup" # so has the official one
  for file in /usr/local/share/ca-certificates /etc/npmrc "$HOME/.npmrc"; do
    [[ -e $file ]] || continue
    mkdir -p "$work$(dirname "$file")"
    cp -rL "$file" "$work$(dirname "$file")"
  done
  tar -C "$work" --numeric-owner -c .
  rm -rf "$work"
}

answers() { DOCKER_HOST=$host docker version >/dev/null 2>&1; }

up() {
  ! engine_pid >/dev/null || return 0
  ((EUID == 0)) || die "an engine of our own needs root"
  mkdir -p "$dir"
  # Its own session, so that Ctrl-C in a terminal reaches the test and not the engine under it.
  setsid dockerd --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/docker.pid" -H "$host" \
    </dev/null >>"$dir/dockerd.log" 2>&1 &
  local pid=$! deadline=$((SECONDS + READY_WITHIN))
  until answers; do
    kill -0 "$pid" 2>/dev/null || { tail -n 20 "$dir/dockerd.log" >&2; die "ended while starting: see $dir/dockerd.log"; }
    ((SECONDS < deadline)) || die "no answer within $READY_WITHIN s: see $dir/dockerd.log"
    sleep 0.1
  done
  if ! DOCKER_HOST=$host docker image inspect "$BASE" >/dev/null 2>&1; then
    printf 'docker: making %s from packages\n' "$BASE" >&2
    make_base | DOCKER_HOST=$host docker import --change 'CMD ["bash"]' - "$BASE" >/dev/null
  fi
}

down() {
  local pid
  pid=$(engine_pid) || return 0
  kill -TERM "$pid"
  while [[ -d /proc/$pid ]] && ! grep -qs '^State:[[:space:]]*Z' "/proc/$pid/status"; do sleep 0.05; done
}

# What `docker compose` is here: its plugin, the program that tools/deps.sh built, or Debian's.
compose() {
  if docker compose version >/dev/null 2>&1; then
    echo "docker compose"
  elif [[ -x $root/.deps/compose/compose ]]; then
    echo "$root/.deps/compose/compose"
  else
    command -v docker-compose || die "no Docker Compose: run tools/deps.sh docker"
  fi
}

run() {
  command -v docker >/dev/null || die "no docker: run tools/deps.sh docker"
  if ! docker version >/dev/null 2>&1; then
    if ! engine_pid >/dev/null; then
      trap down EXIT
    fi
    up
    # Debian's engine has the classic builder, and the base that it builds on is in that one's store.
    export DOCKER_HOST=$host DOCKER_BUILDKIT=0
  fi
  WIKIFLOW_COMPOSE=${WIKIFLOW_COMPOSE:-$(compose)}
  export WIKIFLOW_COMPOSE
  "$@"
}

(($#)) || usage
readonly action=$1
shift
case $action in
  run) (($#)) || usage; run "$@" ;;
  up) up ;;
  down) down ;;
  host) echo "$host" ;;
  *) usage ;;
esac
