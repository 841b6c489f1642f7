# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # set here for the script that sources this, or there for this
# What tools/kafka.sh and tools/cassandra.sh share. Sourced by them, after `name` (for messages), `process` (what its log
# and messages call it) and `config` (the file below DIR that its command line names) are set.
#
# server_main ACTION DIR [--port N] [--secure] [--behind PORT,...] [--fast] sets dir, port, secure, behind and jit (what java is
# told of compiling), and for ACTION `up` calls these of the script:
#   configure   writes DIR/$config and DIR/env, with ports that stay the same from then on
#   launch      starts the server in the background, as "$!"
#   answers     whether it does what it is for
# and READY_WITHIN says for how many seconds to wait.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die() { printf '%s: %s\n' "$name" "$*" >&2; exit 1; }
usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 64; }

# The server's pid, if it is this server and it runs. A pid file can outlive its process, and the number can be another's.
server_pid() {
  local pid
  [[ -f $dir/pid ]] && pid=$(<"$dir/pid") && [[ $pid ]] || return 1
  [[ -d /proc/$pid ]] && grep -Fqs "$dir/$config" "/proc/$pid/cmdline" && echo "$pid"
}

running() { server_pid || die "no $process runs in $dir"; }

# A zombie has ended too: its parent may be a test that has not looked yet.
wait_for_end() {
  while [[ -d /proc/$1 ]] && ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"; do sleep 0.05; done
}

# ca.pem, ca.key; $process.key and $process.crt for localhost and 127.0.0.1, signed by it.
make_certificates() {
  (
    cd "$dir"
    umask 077
    exec 2>openssl.log
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=wikiflow test CA" \
      -keyout ca.key -out ca.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
      -keyout "$process.key" -out "$process.csr"
    openssl x509 -req -in "$process.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out "$process.crt" \
      -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1")
  ) || { cat "$dir/openssl.log" >&2; die "could not make certificates"; }
}

up() {
  local pid log=$dir/$process.log
  if pid=$(server_pid); then
    die "already running in $dir, as process $pid"
  fi
  [[ -f $dir/$config ]] || configure
  launch
  pid=$!
  echo "$pid" >"$dir/pid"
  local deadline=$((SECONDS + READY_WITHIN))
  until answers; do
    kill -0 "$pid" 2>/dev/null || { tail -n 20 "$log" >&2; die "ended while starting: see $log"; }
    ((SECONDS < deadline)) || die "no answer within $READY_WITHIN s: see $log"
    sleep 0.1
  done
}

server_main() {
  (($# >= 2)) || usage
  local action=$1 pid
  mkdir -p "$2"
  dir=$(cd "$2" && pwd)
  shift 2
  port='' secure='' behind='' jit=(-XX:TieredStopAtLevel=1)
  while (($#)); do
    case $1 in
      --port) port=${2:?--port needs a number}; shift 2 ;;
      --secure) secure=1; shift ;;
      --behind) behind=${2:?--behind needs ports}; shift 2 ;;
      --fast) jit=(); shift ;;
      *) usage ;;
    esac
  done
  case $action in
    up) up ;;
    down) if pid=$(server_pid); then kill -TERM "$pid" && kill -CONT "$pid" && wait_for_end "$pid"; fi ;;
    kill) pid=$(running) && kill -KILL "$pid" && wait_for_end "$pid" ;;
    stop) pid=$(running) && kill -STOP "$pid" ;;
    cont) pid=$(running) && kill -CONT "$pid" ;;
    pid) running ;;
    env) cat "$dir/env" ;;
    *) usage ;;
  esac
}
