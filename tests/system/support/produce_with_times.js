// Writes records whose timestamps are given, which kcat cannot: one JSON line each on standard input,
// {"topic":...,"timestamp":ms,"value":"..."}. Ends with 0 when all are acknowledged.
//
//   node produce_with_times.js BROKER
'use strict';

const readline = require('readline');
const Kafka = require('node-rdkafka');

const producer = new Kafka.Producer({ 'metadata.broker.list': process.argv[2], acks: 'all', dr_cb: true });
producer.on('event.error', (error) => fail(error));
producer.on('delivery-report', (error) => error && fail(error));
producer.on('ready', send);
producer.connect();

function fail(error) {
  console.error(error);
  process.exit(1);
}

async function send() {
  producer.setPollInterval(20);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { topic, timestamp, value } = JSON.parse(line);
    for (;;) {
      try {
        producer.produce(topic, 0, Buffer.from(value), null, timestamp);
        break;
      } catch (error) {
        if (error.code !== Kafka.CODES.ERRORS.ERR__QUEUE_FULL) fail(error);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
  producer.flush(60000, (error) => (error ? fail(error) : process.exit(0)));
}
