#!/usr/bin/env bash
# A real Kafka (KRaft, one node, loopback only) for tests and for developing.
#
#   tools/kafka.sh up DIR [--port N] [--secure]   make it in DIR, or start again what is there; returns when it answers
#   tools/kafka.sh down DIR                       end it as an operator would (SIGTERM), and wait
#   tools/kafka.sh kill DIR                       end it as a crash would (SIGKILL)
#   tools/kafka.sh stop DIR | cont DIR            freeze it (SIGSTOP), and let it go on
#   tools/kafka.sh pid DIR | env DIR              its process id; what tests want to know, as NAME=value lines
#
# DIR holds everything: configuration, log segments, certificates, broker.log. Ports and data outlive a `down` or `kill`.
# With --secure there is a second listener, SASL_SSL with SCRAM-SHA-256, under a CA made on the spot.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

readonly USERNAME=wikiflow PASSWORD=wikiflow-secret
readonly READY_WITHIN=120  # seconds; usually 3 to 10

die() { printf 'kafka: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 64; }

(($# >= 2)) || usage
readonly action=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
readonly dir
shift 2
port='' secure=''
while (($#)); do
  case $1 in
    --port) port=${2:?--port needs a number}; shift 2 ;;
    --secure) secure=1; shift ;;
    *) usage ;;
  esac
done

# The broker's pid, if it is this broker and it runs. A pid file can outlive its process, and the number can be another's.
broker_pid() {
  local pid
  [[ -f $dir/pid ]] && pid=$(<"$dir/pid") && [[ $pid ]] || return 1
  [[ -d /proc/$pid ]] && grep -Fqs "$dir/server.properties" "/proc/$pid/cmdline" && echo "$pid"
}

# A zombie has ended too: its parent may be a test that has not looked yet.
wait_for_end() {
  while [[ -d /proc/$1 ]] && ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"; do sleep 0.05; done
}

java_kafka() {
  java "-Dlog4j2.configurationFile=$root/tools/kafka/log4j2.properties" -cp "$root/.deps/kafka/*" "$@"
}

make_certificates() {
  (
    cd "$dir"
    umask 077
    exec 2>openssl.log
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=wikiflow test CA" \
      -keyout ca.key -out ca.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
      -keyout broker.key -out broker.csr
    openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out broker.crt \
      -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1")
    cat broker.key broker.crt ca.pem >broker.pem
  ) || { cat "$dir/openssl.log" >&2; die "could not make certificates"; }
}

configure() {
  local controller secure_port=0 ports listeners
  # shellcheck disable=SC2207  # numbers
  ports=($(python3 "$root/tests/servers/ports.py" 3))
  port=${port:-${ports[0]}} controller=${ports[1]}
  listeners=PLAINTEXT://127.0.0.1:$port
  if [[ $secure ]]; then
    secure_port=${ports[2]}
    listeners+=,SASL_SSL://127.0.0.1:$secure_port
    make_certificates
  fi
  cat >"$dir/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=$listeners,CONTROLLER://127.0.0.1:$controller
advertised.listeners=$listeners
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
log.dirs=$dir/data
broker.session.timeout.ms=5000
broker.heartbeat.interval.ms=1000
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
END
  [[ ! $secure ]] || cat >>"$dir/server.properties" <<END
sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$dir/broker.pem
END
  cat >"$dir/env" <<END
WIKIFLOW_TEST_BROKER=127.0.0.1:$port
END
  [[ ! $secure ]] || cat >>"$dir/env" <<END
WIKIFLOW_TEST_BROKER_SECURE=127.0.0.1:$secure_port
WIKIFLOW_TEST_CA=$dir/ca.pem
WIKIFLOW_TEST_SASL_USERNAME=$USERNAME
WIKIFLOW_TEST_SASL_PASSWORD=$PASSWORD
END
  java_kafka kafka.tools.StorageTool format --standalone --cluster-id="$(python3 -c '
import base64, uuid; print(base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode())')" \
    -c "$dir/server.properties" --add-scram "SCRAM-SHA-256=[name=$USERNAME,password=$PASSWORD]" >"$dir/format.log" 2>&1 ||
    { cat "$dir/format.log" >&2; rm -f "$dir/server.properties"; die "could not format $dir/data"; }
}

up() {
  [[ -d $root/.deps/kafka ]] || die "no Kafka in .deps/kafka: run tools/deps.sh kafka"
  local pid
  if pid=$(broker_pid); then
    die "already running in $dir, as process $pid"
  fi
  [[ -f $dir/server.properties ]] || configure
  # Its own session, so that Ctrl-C in a terminal reaches the test and not the broker under it.
  setsid java -Xmx512m -Xms128m -XX:+UseG1GC -XX:ParallelGCThreads=2 \
    "-Dlog4j2.configurationFile=$root/tools/kafka/log4j2.properties" -cp "$root/.deps/kafka/*" \
    kafka.Kafka "$dir/server.properties" </dev/null >>"$dir/broker.log" 2>&1 &
  pid=$!
  echo "$pid" >"$dir/pid"
  local broker deadline=$((SECONDS + READY_WITHIN))
  broker=$(sed -n 's/^WIKIFLOW_TEST_BROKER=//p' "$dir/env")
  until answers "$broker"; do
    kill -0 "$pid" 2>/dev/null || { tail -n 20 "$dir/broker.log" >&2; die "ended while starting: see $dir/broker.log"; }
    ((SECONDS < deadline)) || die "no answer within $READY_WITHIN s: see $dir/broker.log"
    sleep 0.1
  done
}

# Ready is when a metadata request is answered with the broker in it, not when a port opens.
answers() { kcat -L -J -b "$1" -m 2 2>/dev/null | grep -q "\"name\":\"$1\""; }

running() { broker_pid || die "no broker runs in $dir"; }

case $action in
  up) up ;;
  down) if pid=$(broker_pid); then kill -TERM "$pid" && kill -CONT "$pid" && wait_for_end "$pid"; fi ;;
  kill) pid=$(running) && kill -KILL "$pid" && wait_for_end "$pid" ;;
  stop) pid=$(running) && kill -STOP "$pid" ;;
  cont) pid=$(running) && kill -CONT "$pid" ;;
  pid) running ;;
  env) cat "$dir/env" ;;
  *) usage ;;
esac
