/** Goal: a list is there at once and right soon. Method: a cluster that answers as written, a clock that is moved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../index.js';
import { answer, FakeClock, FakeCluster, instance, listOf, problem, settled } from './support.js';

function made(...answers) {
  const clock = new FakeClock();
  const cluster = new FakeCluster(...answers);
  const client = new Client(
    { nodes: ['http://n:1', 'http://m:1'], clientId: 'me' },
    { transport: cluster, clock, random: () => 0.5 },
  );
  const warnings = [];
  client.on('warning', (warning) => warnings.push(warning.message));
  return { clock, cluster, client, warnings, service: client.service('Prices') };
}

const lists = (give) => (call) => (call.path === '/v1/services/prices' ? give(call) : null);
const events =
  (...found) =>
  (call) =>
    call.path.startsWith('/v1/events') ? answer(200, { events: found }) : null;
const abc = listOf(instance('c'), instance('a'), instance('b'));
const ids = (listing) => listing.endpoints.map((one) => one.id).join('');

test('the first look asks, and from then on it is polled with the tag', async () => {
  const { service, cluster, clock, client } = made(lists((call) => (call.headers['If-None-Match'] ? answer(304) : abc)));
  const [one, two] = await Promise.all([service.find(), service.find()]);
  assert.deepEqual([ids(one), one.state, one.source, ids(two)], ['abc', 'fresh', 'registry', 'abc']);
  await clock.advance(10_000);
  const asked = cluster.asked('GET', 'prices');
  assert.deepEqual(
    asked.map((call) => call.headers['If-None-Match']),
    [undefined, 'W/"c,a,b"', 'W/"c,a,b"'],
  );
  assert.deepEqual([client.stats().polls, client.stats().notModified], [3, 2]);
});

test('an unknown service is an empty list, and then a full one', async () => {
  const { service, cluster, clock } = made(lists(() => problem(404, 'unknown-service')));
  assert.deepEqual([ids(await service.find()), (await service.find()).state], ['', 'fresh']);
  await assert.rejects(service.pick(), { code: 'ERR_MUSTER_NO_ENDPOINT' });
  cluster.answers = [lists(() => abc)];
  await clock.advance(5000);
  assert.equal(ids(await service.find()), 'abc');
});

test('without an answer the first look ends, and the next ones do not wait', async () => {
  const { service, clock } = made(lists(() => new Promise(() => {})));
  const looking = service.find();
  await clock.advance(2999);
  let isDone = false;
  looking.then(() => {
    isDone = true;
  });
  await settled();
  assert.equal(isDone, false);
  await clock.advance(1);
  assert.equal((await looking).state, 'never');
  assert.equal((await service.find()).state, 'never');
});

test('a failed poll changes nothing but the age', async () => {
  const { service, cluster, clock } = made(lists(() => abc));
  await service.find();
  for (const fault of [answer(500), answer(200, { nothing: 1 }), answer(404, {}), answer(302), answer(204)]) {
    cluster.answers = [lists(() => fault)];
    await clock.advance(5000);
    assert.equal(ids(await service.find()), 'abc');
  }
  assert.deepEqual([(await service.find()).state, (await service.find()).ageMs], ['stale', 25_000]);
});

test('an empty answer that nobody explains is not believed', async () => {
  const { service, cluster, clock, warnings } = made(lists(() => abc));
  await service.find();
  cluster.answers = [lists(() => listOf()), events({ id: 'a', cause: 'expired' })];
  await clock.advance(5000);
  const kept = await service.find();
  assert.deepEqual([ids(kept), kept.missing.join(''), kept.state], ['abc', 'abc', 'fresh']);
  assert.match(warnings.at(-1), /3 of prices are kept/);
  assert.equal((await service.pick()).id, 'a');
});

test('an empty answer that events explain is believed at once', async () => {
  const { service, cluster, clock } = made(lists(() => abc));
  await service.find();
  cluster.answers = [
    lists(() => problem(404, 'unknown-service')),
    events(...['a', 'b', 'c'].map((id) => ({ id, cause: 'cancelled' }))),
  ];
  await clock.advance(5000);
  assert.equal(ids(await service.find()), '');
});

test('another node that knows better is believed, and the first is left alone', async () => {
  const { service, cluster, clock, client } = made(lists(() => abc));
  await service.find();
  const { current } = await client.nodes();
  cluster.answers = [
    lists((call) => (call.node === current ? listOf() : listOf(instance('a'), instance('b'), instance('d')))),
    events(),
  ];
  await clock.advance(5000);
  const found = await service.find();
  assert.deepEqual([ids(found), found.missing.length], ['abd', 0]);
  assert.deepEqual(Object.keys((await client.nodes()).quarantined), [current]);
  assert.equal(cluster.asked('GET', 'prices').at(-1).headers['If-None-Match'], undefined);
});

test('events of another node that explain its shorter list count, too', async () => {
  const { service, cluster, clock, client } = made(lists(() => abc));
  await service.find();
  const { current } = await client.nodes();
  const gone = events(...['b', 'c'].map((id) => ({ id, cause: 'cancelled' })));
  cluster.answers = [
    lists((call) => (call.node === current ? listOf() : listOf(instance('a')))),
    (call) => (call.node === current ? events()(call) : gone(call)),
  ];
  await clock.advance(5000);
  assert.deepEqual([ids(await service.find()), (await service.find()).missing.length], ['a', 0]);
});

test('nodes that a node tells of are learnt, right after the first answer', async () => {
  const peers = (call) => (call.path === '/v1/peers' ? answer(200, { nodes: ['http://o:1'] }) : null);
  const { service, client, cluster, clock } = made(
    lists(() => abc),
    peers,
  );
  await service.find();
  await settled();
  const shown = await client.nodes();
  assert.equal(shown.nodes.length, 3);
  assert.ok(shown.learnt.includes('http://o:1'));
  await clock.advance(299_000);
  assert.equal(cluster.asked('GET', '/v1/peers').length, 1);
  await clock.advance(1000);
  assert.equal(cluster.asked('GET', '/v1/peers').length, 2);
});

test('256 services are enough, and a closed client finds none', async () => {
  const { client } = made(() => answer(200, { instances: [] }));
  for (let number = 0; number < 256; number += 1) await client.service(`s${number}`).find();
  await assert.rejects(client.service('one-more').find(), { code: 'ERR_MUSTER_LIMIT', message: /256/ });
  await client.close();
  assert.equal((await client.service('s1').find()).source, 'registry');
  const closed = made().client;
  await closed.close();
  await assert.rejects(closed.service('x').find(), { code: 'ERR_MUSTER_CLOSED' });
});

test('at most eight services are polled at the same time', async () => {
  const { client, cluster } = made(() => new Promise(() => {}));
  for (let number = 0; number < 20; number += 1) client.service(`s${number}`).find();
  await settled();
  assert.equal(cluster.calls.length, 8);
});
