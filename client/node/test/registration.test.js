/** Goal: an instance is registered, kept and cancelled. Method: a cluster that answers as written, a clock that is moved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../index.js';
import { answer, FakeClock, FakeCluster, healthy, problem, settled } from './support.js';

const O1 = { service: 'Orders', instance: 'o/1', port: 80, address: '10.0.0.1' };

function made(...answers) {
  const clock = new FakeClock();
  const cluster = new FakeCluster(...answers);
  const client = new Client(
    { nodes: ['http://n:1'], clientId: 'me', drainMs: 0 },
    { transport: cluster, clock, random: () => 0.5 },
  );
  return { clock, cluster, client };
}

test('it registers as STARTING, with an incarnation, and goes up when it is told', async () => {
  const { client, cluster, clock } = made(healthy);
  const me = await client.register({ ...O1, intervalS: 5, fields: { data_center: { name: 'MyOwn' } }, securePort: 443 });
  assert.equal(cluster.calls[0].url, 'http://n:1/v1/services/orders/instances/o%2F1');
  assert.deepEqual(cluster.calls[0].document, {
    port: 80,
    secure_port: 443,
    address: '10.0.0.1',
    lease: { interval_s: 5 },
    data_center: { name: 'MyOwn' },
    status: 'STARTING',
    incarnation: clock.wall(),
  });
  me.up();
  await settled();
  assert.deepEqual(cluster.asked('PUT', '/status')[0].document, { status: 'UP', incarnation: me.incarnation });
  assert.deepEqual([me.state, me.status, me.acknowledged], ['registered', 'UP', 'UP']);
});

test('heartbeats come after 0.7 to 1 of the interval', async () => {
  const { client, cluster, clock } = made(healthy);
  const me = await client.register(O1);
  await clock.advance(8499);
  assert.equal(cluster.asked('PUT', '/renew').length, 0);
  await clock.advance(1);
  assert.equal(cluster.asked('PUT', `/renew?incarnation=${me.incarnation}`).length, 1);
  await clock.advance(85_000);
  assert.equal(me.renewals, 11);
});

test('unknown to the node it registers again, with the same incarnation and its status', async () => {
  for (const forgotten of [problem(404, 'unknown-instance'), problem(410, 'cancelled')]) {
    const { client, cluster, clock } = made(healthy);
    const me = await client.register({ ...O1, status: 'UP' });
    cluster.answers = [(call) => (call.path.includes('/renew?') ? forgotten : null), healthy];
    await clock.advance(8500);
    const [first, second] = cluster.asked('PUT', 'o%2F1').filter((call) => call.path.endsWith('o%2F1'));
    assert.deepEqual(second.document, first.document);
    assert.equal(me.state, 'registered');
  }
});

test('410 and 409 to a registration end this life', async () => {
  for (const [status, kind, state] of [
    [410, 'cancelled', 'cancelled'],
    [409, 'stale-incarnation', 'replaced'],
  ]) {
    const { client, cluster, clock } = made(healthy);
    const states = [];
    const me = await client.register(O1);
    me.on('state', (value) => states.push(value));
    cluster.answers = [
      (call) =>
        call.method === 'PUT'
          ? problem(call.path.includes('/renew?') ? 404 : status, call.path.includes('/renew?') ? 'unknown-instance' : kind)
          : null,
    ];
    await clock.advance(8500);
    assert.equal(me.state, state);
    assert.equal(states.at(-1), state);
    assert.match(me.error.message, /as the test wants it/);
    const count = cluster.calls.length;
    await clock.advance(100_000);
    assert.equal(cluster.asked('PUT').length, cluster.calls.slice(0, count).filter((call) => call.method === 'PUT').length);
  }
});

test('a clock that stepped back does not keep it out', async () => {
  const { client, cluster } = made((call) => (call.document?.incarnation ? problem(410, 'cancelled') : null), healthy);
  const me = await client.register(O1);
  assert.deepEqual([me.state, me.incarnation], ['registered', 7]);
  assert.equal(cluster.asked('PUT').length, 2);
});

test('incarnations grow though the clock does not', async () => {
  const { client, cluster, clock } = made(healthy);
  const first = await client.register(O1);
  await first.cancel();
  clock.shiftMs = -3_600_000;
  const second = await client.register(O1);
  assert.equal(second.incarnation, first.incarnation + 1);
  assert.equal(cluster.asked('DELETE')[0].path, `/v1/services/orders/instances/o%2F1?incarnation=${first.incarnation}`);
});

test('a wrong registration rejects, and is not repeated', async () => {
  const { client, cluster, clock } = made(() => problem(400, 'invalid-field', 'port is wrong'));
  await assert.rejects(client.register(O1), { code: 'ERR_MUSTER_REFUSED', detail: 'port is wrong' });
  assert.equal(client.registration('orders', 'o/1').state, 'refused');
  await clock.advance(100_000);
  assert.equal(cluster.asked('PUT').length, 1);
});

test('without an answer it is resolved in time and goes on trying, slower each time', async () => {
  const { client, cluster, clock } = made();
  const registering = client.register(O1);
  await clock.advance(3000);
  const me = await registering;
  assert.equal(me.state, 'registering');
  assert.match(me.error.message, /no node answered/);
  assert.equal(cluster.asked('PUT').length, 5, '0, then 187.5, 375, 750, 1500 ms apart');
  cluster.answers = [healthy];
  await clock.advance(10_000);
  assert.equal(me.state, 'registered');
});

test('a lost status is sent until it is taken', async () => {
  const { client, cluster, clock } = made(healthy);
  const me = await client.register(O1);
  let lost = 2;
  cluster.answers = [(call) => (call.path.endsWith('/status') && lost-- > 0 ? answer(500) : null), healthy];
  me.up();
  await settled();
  assert.equal(me.acknowledged, 'STARTING');
  await clock.advance(2000);
  assert.equal(me.acknowledged, 'UP');
  assert.equal(cluster.asked('PUT', '/status').length, 3);
});

test('leaving shows OUT_OF_SERVICE, drains with heartbeats, then cancels', async () => {
  const { client, cluster, clock } = made(healthy);
  const me = await client.register({ ...O1, status: 'UP' });
  const leaving = me.cancel({ drainMs: 20_000 });
  await settled();
  assert.deepEqual([me.state, me.acknowledged], ['cancelled', 'OUT_OF_SERVICE']);
  me.up();
  await clock.advance(19_999);
  assert.equal(me.acknowledged, 'OUT_OF_SERVICE', 'nothing changes it any more');
  assert.equal(cluster.asked('PUT', '/renew').length, 2);
  assert.equal(cluster.asked('DELETE').length, 0);
  await clock.advance(1);
  assert.equal(await leaving, true);
  const count = cluster.asked('PUT').length;
  await clock.advance(100_000);
  assert.equal(cluster.asked('DELETE').length, 1);
  assert.equal(cluster.asked('PUT').length, count);
});

test('the cancel waits for what is under way, and nothing follows it', async () => {
  const { client, cluster, clock } = made(healthy);
  const me = await client.register(O1);
  let go;
  cluster.answers = [
    (call) =>
      call.path.includes('/renew?')
        ? new Promise((resolve) => {
            go = () => resolve(answer(404));
          })
        : null,
    healthy,
  ];
  await clock.advance(8500);
  const leaving = me.cancel({ drainMs: 0 });
  await settled();
  assert.equal(cluster.asked('DELETE').length, 0);
  go();
  assert.equal(await leaving, true);
  assert.equal(cluster.asked('PUT').at(-1).path.includes('/renew?'), true);
});

test('the cancel is given up after its time', async () => {
  const { client, cluster, clock } = made((call) => (call.method === 'DELETE' ? answer(503) : null), healthy);
  const me = await client.register(O1);
  const leaving = me.cancel({ drainMs: 0 });
  await clock.advance(2000);
  assert.equal(await leaving, false);
  assert.ok(cluster.asked('DELETE').length > 2);
  assert.equal(me.state, 'cancelled');
});

test('what lives is not registered twice, and 64 are enough', async () => {
  const { client } = made(healthy);
  await client.register(O1);
  await assert.rejects(client.register({ ...O1, service: 'ORDERS' }), { code: 'ERR_MUSTER_SETTING', message: /cancel it first/ });
  for (let number = 1; number < 64; number += 1) await client.register({ ...O1, instance: `n${number}` });
  await assert.rejects(client.register({ ...O1, instance: 'one-more' }), { code: 'ERR_MUSTER_LIMIT', message: /64/ });
  await client.registration('orders', 'n5').cancel();
  await client.register({ ...O1, instance: 'one-more' });
  await client.close();
  await assert.rejects(client.register(O1), { code: 'ERR_MUSTER_CLOSED' });
});

test('wrong options are told', async () => {
  const { client } = made(healthy);
  await assert.rejects(client.register({ ...O1, prot: 80 }), { code: 'ERR_MUSTER_SETTING', message: /no prot/ });
  await assert.rejects(client.register({ ...O1, status: 'up' }), { code: 'ERR_MUSTER_SETTING', message: /UP, DOWN/ });
  await assert.rejects(client.register({ ...O1, port: 1n }), { code: 'ERR_MUSTER_SETTING' });
  await assert.rejects(client.register(), { code: 'ERR_MUSTER_SETTING' });
  await assert.rejects(client.close({ drainMs: -1 }), { code: 'ERR_MUSTER_SETTING' });
  assert.throws(() => client.registration('orders', 'o/1'), { message: /register it first/ });
});
