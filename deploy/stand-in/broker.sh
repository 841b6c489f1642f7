#!/bin/bash
# A Kafka of one node (KRaft) with Redpanda's listeners: redpanda:9092 within, 127.0.0.1:19092 from the host.
set -euo pipefail
data=/var/lib/redpanda/data
config=/tmp/server.properties
cat /opt/kafka/server.properties - >"$config" <<END
controller.quorum.bootstrap.servers=127.0.0.1:9093
listeners=INTERNAL://0.0.0.0:9092,EXTERNAL://0.0.0.0:19092,CONTROLLER://127.0.0.1:9093
advertised.listeners=INTERNAL://redpanda:9092,EXTERNAL://127.0.0.1:19092,CONTROLLER://127.0.0.1:9093
listener.security.protocol.map=INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INTERNAL
log.dirs=$data/kafka
END
kafka=(java -XX:TieredStopAtLevel=1 -Xmx512m -Xms128m -XX:ParallelGCThreads=2 -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties
  -cp "/opt/kafka/*")
[[ -f $data/kafka/meta.properties ]] ||
  "${kafka[@]}" kafka.tools.StorageTool format --standalone --cluster-id=d2lraWZsb3ctdGVzdC0wMQ --config "$config"
exec "${kafka[@]}" kafka.Kafka "$config"
