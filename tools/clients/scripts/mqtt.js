'use strict';
// packages: mqtt
// servers: mosquitto nats

const mqtt = require('mqtt');
const { bytes, digest, event, main, report, servers, startServer, stopServer, tls } = require('../kit');

const { host, port, tlsPort, path } = servers.mosquitto;

/**
 * Collect messages.
 * @param {mqtt.MqttClient} client
 * @param {number} count how many
 * @returns {Promise<Array<[string, Buffer, object]>>} topic, payload and packet of each
 */
function messages(client, count) {
  const list = [];
  return new Promise((resolve) => {
    client.on('message', function onMessage(topic, payload, packet) {
      list.push([topic, payload, packet]);
      if (list.length < count) return;
      client.removeListener('message', onMessage);
      resolve(list);
    });
  });
}

/**
 * Publish and receive with each quality of service, and large payloads.
 * @param {string} name of the transport
 * @param {() => Promise<mqtt.MqttClient>} connect
 * @param {number[]} [levels] of quality of service
 */
async function traffic(name, connect, levels = [0, 1, 2]) {
  const [receiver, sender] = await Promise.all([connect(), connect()]);
  for (const qos of levels) {
    const topic = `rsnet/${name}/${qos}`;
    const granted = await receiver.subscribeAsync(`${topic}/#`, { qos });
    const all = messages(receiver, 501);
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    await Promise.all(numbers.map((i) => sender.publishAsync(`${topic}/small`, `message ${i}`, { qos })));
    await sender.publishAsync(`${topic}/large`, bytes(8 * 2 ** 20 + qos, qos + 1), { qos });
    const found = await all;
    await report(`${name}, QoS ${qos}`, [granted.map((one) => one.qos), found.at(-1)[1],
      digest(found.slice(0, -1).map(([, payload, packet]) => `${payload} ${packet.qos}`).join('\n'))]);
  }
  await Promise.all([receiver.endAsync(), sender.endAsync()]);
}

/** A message that is kept for those who come later, and the last will of a client that is gone. */
async function retained() {
  const client = await mqtt.connectAsync({ host, port, protocolVersion: 5 });
  await client.publishAsync('rsnet/kept', 'still here', { qos: 1, retain: true, properties: {
    contentType: 'text/plain', userProperties: { a: 'b' },
  } });
  const later = await mqtt.connectAsync({ host, port, protocolVersion: 5 });
  const kept = messages(later, 1);
  await later.subscribeAsync('rsnet/kept', { qos: 1 });
  const [[topic, payload, packet]] = await kept;
  await report('retained', [topic, `${payload}`, packet.retain, packet.properties]);
  await client.publishAsync('rsnet/kept', '', { retain: true });
  await later.unsubscribeAsync('rsnet/kept');

  await later.subscribeAsync('rsnet/will');
  const will = messages(later, 1);
  const dying = await mqtt.connectAsync({ host, port, reconnectPeriod: 0,
    will: { topic: 'rsnet/will', payload: 'gone', qos: 0 } });
  dying.stream.destroy();
  await report('last will', will.then(([[, text]]) => `${text}`));
  await Promise.all([client.endAsync(), later.endAsync(), dying.endAsync(true)]);
}

/** The server goes away and comes back; what was published meanwhile arrives in the session that it has kept. */
async function reconnect() {
  const clientId = 'rsnet';
  const cleaner = await mqtt.connectAsync({ host, port, clientId, clean: true });
  await cleaner.endAsync();
  const client = await mqtt.connectAsync({ host, port, clientId, clean: false, reconnectPeriod: 50 });
  client.on('error', () => {});
  await client.subscribeAsync('rsnet/again', { qos: 1 });
  const gone = event(client, 'close');
  await stopServer('mosquitto');
  await gone;
  await report('connected', client.connected);
  const all = messages(client, 20);
  const published = Promise.all(Array.from({ length: 20 }, (_, i) =>
    client.publishAsync('rsnet/again', `message ${i}`, { qos: 1 })));
  const back = event(client, 'connect');
  await startServer('mosquitto');
  await back;
  await published;
  await report('after restart', all.then((list) => list.map(([, payload]) => `${payload}`).sort()));
  await client.endAsync();
}

main(async () => {
  await traffic('tcp', () => mqtt.connectAsync({ host, port }));
  await traffic('tls', () => mqtt.connectAsync({
    protocol: 'mqtts', host, port: tlsPort, ca: tls().ca, servername: 'localhost',
  }));
  await traffic('unix', () => mqtt.connectAsync({ protocol: 'mqtt', unixSocket: true, path }), [1]);
  // Debian's Mosquitto knows no WebSocket, and NATS speaks MQTT over it, without QoS 2.
  await traffic('websocket', () => mqtt.connectAsync(`ws://${host}:${servers.nats.wsPort}/mqtt`), [1]);
  await retained();
  await report('refused', mqtt.connectAsync({ host, port: 1, reconnectPeriod: 0 }, undefined, false));
  await report('tls: unknown authority',
    mqtt.connectAsync({ protocol: 'mqtts', host, port: tlsPort, reconnectPeriod: 0 }, undefined, false));
  await reconnect();
});
