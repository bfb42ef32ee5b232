/** Goal: what an answer means, and who is asked next. Method: a cluster that answers as each test writes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Caller, judge } from '../lib/caller.js';
import { Nodes } from '../lib/nodes.js';
import { settle } from '../lib/settings.js';
import { answer, FakeClock, FakeCluster, problem } from './support.js';

function made(count, ...answers) {
  const clock = new FakeClock();
  const settings = settle({ nodes: Array.from({ length: count }, (_, at) => `http://n${at}:1`), clientId: 'me' });
  const cluster = new FakeCluster(...answers);
  const nodes = new Nodes(settings, clock, () => 0);
  return { clock, cluster, nodes, caller: new Caller(settings, nodes, cluster, clock) };
}

test('at most three different nodes are asked', async () => {
  const { caller, cluster, nodes } = made(5);
  await assert.rejects(caller.ask('GET', '/x'), {
    code: 'ERR_MUSTER_UNAVAILABLE',
    message: /nobody is there.*check that one of/,
  });
  assert.deepEqual(
    cluster.calls.map((call) => call.node),
    nodes.order.slice(0, 3),
  );
});

test('an answer of the next node is as good', async () => {
  const { caller, nodes } = made(2, (call) => (call.node === nodes.order[1] ? answer(200, { fine: true }) : null));
  const found = await caller.ask('GET', '/x');
  assert.deepEqual([found.node, found.document], [nodes.order[1], { fine: true }]);
  assert.deepEqual(caller.counts.failures, 1);
});

test('a refusal is told at once', async () => {
  const { caller, cluster } = made(3, () => problem(400, 'invalid-field', 'port is wrong'));
  await assert.rejects(caller.ask('PUT', '/x', { document: {} }), {
    code: 'ERR_MUSTER_REFUSED',
    status: 400,
    kind: 'invalid-field',
    message: /port is wrong/,
  });
  assert.equal(cluster.calls.length, 1);
});

test('a problem that is an answer is one', async () => {
  const { caller } = made(1, () => problem(404, 'unknown-service'));
  assert.equal((await caller.ask('GET', '/x', { kinds: ['unknown-service'] })).kind, 'unknown-service');
});

test('what is a failure of the node', () => {
  const fails = (response, tagged = false) => judge('n', { headers: {}, ...response }, tagged).answer === null;
  for (const status of [100, 301, 302, 304, 307, 308, 408, 429, 500, 503, 507]) assert.ok(fails(answer(status)), String(status));
  for (const status of [404, 409, 410]) {
    assert.ok(fails({ status, body: Buffer.from('<html>') }), `${status} of a proxy`);
    assert.ok(fails(answer(status, { type: 'about:blank' })), `${status} of another server`);
    assert.ok(!fails(problem(status, 'cancelled')), `${status} of muster`);
  }
  assert.ok(!fails(answer(304), true));
  assert.ok(fails({ status: 200, body: Buffer.from('{') }));
  assert.ok(fails({ status: 200, body: Buffer.from([0x22, 0xff, 0x22]) }), 'no UTF-8');
  assert.ok(!fails({ status: 400, body: Buffer.from('<html>') }));
});

test('Retry-After counts with 429 and 503 alone, and then nothing is sent', async () => {
  const { caller, clock, cluster } = made(1, () => answer(503, {}, { 'retry-after': '5' }));
  await assert.rejects(caller.ask('GET', '/x'), { code: 'ERR_MUSTER_UNAVAILABLE' });
  await assert.rejects(caller.ask('GET', '/x'), { message: /asked for a delay/ });
  await assert.rejects(caller.ask('GET', '/x', { only: 'http://n0:1' }), { message: /asked for a delay/ });
  assert.equal(cluster.calls.length, 1);
  await clock.advance(5000);
  cluster.answers = [() => answer(500, {}, { 'retry-after': '5' })];
  await assert.rejects(caller.ask('GET', '/x'));
  assert.equal(caller.nodes.asksForDelay('http://n0:1'), false);
});

test('no request lasts longer than the deadline', async () => {
  const { caller, clock, cluster } = made(1, () => answer(200, {}));
  await caller.ask('GET', '/x', { deadline: clock.now() + 300 });
  assert.equal(cluster.calls[0].totalMs, 300);
  await assert.rejects(caller.ask('GET', '/x', { deadline: clock.now() }), { message: /no time left/ });
});
