// Serves topics of a Kafka as an event stream through kafka-sse, the library that Wikimedia's service is built on, set up
// as that service sets it up: ids carry timestamps, each event's meta says where it lay, ?since= is honoured.
//
//   node kafka_sse_server.js PORT BROKER TOPIC[,TOPIC...] [CUT_AFTER_MS]
//
// Prints "listening" once it does. CUT_AFTER_MS ends every connection after so long, as the service does after 15 minutes.
'use strict';

const http = require('http');
const kafkaSse = require('kafka-sse');

const [port, broker, topicList, cutAfterMs] = process.argv.slice(2);
const topics = topicList.split(',');

function deserialize(kafkaMessage) {
  const event = JSON.parse(kafkaMessage.value.toString());
  event.meta = {
    ...event.meta,
    topic: kafkaMessage.topic,
    partition: kafkaMessage.partition,
    offset: kafkaMessage.offset,
  };
  kafkaMessage.message = event;
  return kafkaMessage;
}

function refuse(response, status, detail) {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(`${detail}\n`);
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname !== '/v2/stream/recentchange') return refuse(response, 404, 'no such stream');
  if (!request.headers['user-agent']) return refuse(response, 403, 'please set a User-Agent');
  const since = url.searchParams.get('since');
  const sinceMs = since === null ? undefined : /^\d+$/.test(since) ? Number(since) : Date.parse(since);
  if (Number.isNaN(sinceMs)) return refuse(response, 400, 'since is neither ISO 8601 nor a number');

  console.log('connection', JSON.stringify({ since, lastEventId: request.headers['last-event-id'] }));
  if (cutAfterMs) setTimeout(() => response.end(), Number(cutAfterMs));
  return kafkaSse(
    request,
    response,
    topics,
    {
      kafkaConfig: { 'metadata.broker.list': broker },
      allowedTopics: topics,
      deserializer: deserialize,
      useTimestampForId: true,
      idleDelayMs: 10,
    },
    sinceMs,
  );
});
server.listen(Number(port), '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));
