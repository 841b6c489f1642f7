#!/bin/bash
# A Cassandra of one node on port 9042, with its data where the real image has them. Clients are told its address within the
# network of containers, as the real one tells them.
set -euo pipefail
data=/var/lib/cassandra
config=/tmp/cassandra.yaml
cat /opt/cassandra/cassandra.yaml - >"$config" <<END
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{seeds: "127.0.0.1:7000"}]
listen_address: 127.0.0.1
rpc_address: 0.0.0.0
broadcast_rpc_address: $(hostname -i)
data_file_directories: [$data/data]
commitlog_directory: $data/commitlog
saved_caches_directory: $data/saved_caches
hints_directory: $data/hints
cdc_raw_directory: $data/cdc_raw
END
exec java -XX:TieredStopAtLevel=1 @/opt/cassandra/jvm.options "-Dcassandra.config=file://$config" "-Dcassandra.storagedir=$data" \
  -Dcassandra.logdir=/tmp -Dlogback.configurationFile=/opt/cassandra/logback.xml -cp "/opt/cassandra/*" \
  org.apache.cassandra.service.CassandraDaemon
