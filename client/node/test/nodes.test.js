/** Goal: the right node is asked, and failing ones are left alone. Method: a clock that the test moves, chances that it knows. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Nodes } from '../lib/nodes.js';
import { settle } from '../lib/settings.js';
import { FakeClock } from './support.js';

const URLS = ['http://a:1', 'http://b:1', 'http://c:1'];

function made(random = () => 0) {
  const clock = new FakeClock();
  return { clock, nodes: new Nodes(settle({ nodes: URLS, clientId: 'me' }), clock, random) };
}

test('the order is that of the hashes, the greatest first', () => {
  const rank = (url) => createHash('sha256').update(`me ${url}`).digest('hex');
  assert.deepEqual(
    made().nodes.order,
    [...URLS].sort((a, b) => (rank(a) < rank(b) ? 1 : -1)),
  );
});

test('quarantine doubles up to its maximum and ends with a success', async () => {
  const { clock, nodes } = made(() => 1);
  for (const wanted of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    nodes.failed(nodes.home, clock.now());
    assert.deepEqual(nodes.quarantined, [[nodes.home, wanted]]);
    assert.equal(nodes.next(), nodes.order[1]);
    await clock.advance(wanted);
    assert.equal(nodes.next(), nodes.home);
  }
  nodes.succeeded(nodes.home);
  nodes.failed(nodes.home, clock.now());
  assert.deepEqual(nodes.quarantined, [[nodes.home, 1000]]);
});

test('requests that fail together count once', async () => {
  const { clock, nodes } = made(() => 1);
  const began = clock.now();
  await clock.advance(100);
  for (let count = 0; count < 20; count += 1) nodes.failed(nodes.home, began);
  assert.deepEqual(nodes.quarantined, [[nodes.home, 1000]]);
});

test('after a quarantine one request finds out whether the node is well again', async () => {
  const { clock, nodes } = made(() => 1);
  nodes.failed(nodes.home, clock.now());
  await clock.advance(1000);
  nodes.asked(nodes.home);
  assert.equal(nodes.next(), nodes.order[1], 'others go elsewhere');
  assert.equal(nodes.next(new Set(nodes.order.slice(1))), nodes.home, 'unless there is no other');
  nodes.failed(nodes.home, clock.now());
  await clock.advance(2000);
  assert.equal(nodes.next(), nodes.home);
  nodes.asked(nodes.home);
  nodes.succeeded(nodes.home);
  assert.equal(nodes.next(), nodes.home);
});

test('when all are in quarantine the one that ends first is asked, but for those that asked for a delay', async () => {
  const { clock, nodes } = made(() => 0);
  const [first, second, third] = nodes.order;
  nodes.failed(third, clock.now());
  await clock.advance(1);
  nodes.failed(second, clock.now());
  nodes.failed(first, clock.now());
  assert.equal(nodes.next(), third);
  nodes.failed(third, clock.now(), '10');
  assert.ok([first, second].includes(nodes.next()));
  assert.equal(nodes.next(new Set([first, second])), null);
});

test('a delay that a node asked for is kept, whatever else is heard of it', async () => {
  const { clock, nodes } = made(() => 0);
  nodes.failed(nodes.home, clock.now(), '10');
  nodes.succeeded(nodes.home);
  nodes.failed(nodes.home, clock.now());
  await clock.advance(9_999);
  assert.equal(nodes.asksForDelay(nodes.home), true);
  assert.notEqual(nodes.next(), nodes.home);
  await clock.advance(1);
  assert.equal(nodes.next(), nodes.home);
});

test('of a delay 300 seconds are believed, and words none', () => {
  const { clock, nodes } = made(() => 0);
  nodes.failed(nodes.home, clock.now(), '99999999999999999999');
  assert.deepEqual(nodes.quarantined, [[nodes.home, 300_000]]);
  nodes.failed(nodes.order[1], clock.now(), 'tomorrow');
  assert.equal(nodes.asksForDelay(nodes.order[1]), false);
});

test('learnt nodes replace those learnt before, configured ones stay', () => {
  const { nodes } = made();
  assert.equal(nodes.learn(['http://d:1', 'http://e:1', 'nonsense', 5], ['http://a:1']), true);
  assert.deepEqual(nodes.learnt, ['http://a:1', 'http://d:1', 'http://e:1']);
  assert.equal(nodes.learn(['http://f:1']), true);
  assert.deepEqual([...nodes.order].sort(), [...URLS, 'http://f:1']);
  for (const none of [[], ['nonsense'], null, 'http://g:1', {}]) assert.equal(nodes.learn(none), false);
  assert.deepEqual(nodes.learnt, ['http://f:1']);
});

test('at most 64 are learnt', () => {
  const { nodes } = made();
  nodes.learn(
    Array.from({ length: 1000 }, (_, at) => `http://n${at}:1`),
    ['http://a:1'],
  );
  assert.equal(nodes.learnt.length, 64);
  assert.ok(nodes.learnt.includes('http://a:1'));
});
