/** Goal: choosing is fair, and failing endpoints are left out. Method: lists written by hand, chances that the test knows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Balancer } from '../lib/balance.js';
import { byBytes, Endpoint, Listing } from '../lib/listing.js';
import { settle } from '../lib/settings.js';
import { FakeClock, instance } from './support.js';

function made(random = () => 0.5) {
  const clock = new FakeClock();
  return { clock, balancer: new Balancer(settle({}), clock, random) };
}

function listing(...documents) {
  return new Listing({
    service: 's',
    source: 'registry',
    state: 'fresh',
    ageMs: 0,
    missing: [],
    endpoints: documents.map((one) => new Endpoint(one)),
  });
}

const weighted = (id, weight) => instance(id, { metadata: { weight } });

test('round robin is smooth', () => {
  const { balancer } = made();
  const list = listing(weighted('a', '5'), weighted('b', '1'), weighted('c', '1'));
  assert.equal(Array.from({ length: 7 }, () => balancer.pick(list).id).join(''), 'aabacaa');
});

test('random goes by weight', () => {
  let chance = 0;
  const { balancer } = made(() => chance);
  const list = listing(weighted('a', '1'), weighted('b', '3'));
  const picked = [0, 0.24, 0.26, 0.99].map((value) => {
    chance = value;
    return balancer.pick(list, 'random').id;
  });
  assert.deepEqual(picked, ['a', 'a', 'b', 'b']);
});

test('weights are digits from 1 to 10000', () => {
  const cases = [
    ['7', 7],
    ['007', 7],
    ['0', 1],
    ['-3', 1],
    ['10001', 10_000],
    ['9'.repeat(400), 10_000],
    ['1.5', 100],
    ['', 100],
    ['1e3', 100],
    ['x', 100],
    [' 5', 100],
  ];
  for (const [text, wanted] of cases) assert.equal(new Endpoint(weighted('a', text)).weight, wanted, text);
  assert.equal(new Endpoint(instance('a')).weight, 100);
});

test('only what is UP and can be called is picked', () => {
  const { balancer } = made();
  const list = listing(
    instance('a', { status: 'DOWN' }),
    instance('b', { port: null }),
    instance('c', { address: null }),
    instance('d', { port: null, secure_port: 443 }),
  );
  assert.throws(() => balancer.pick(list), { code: 'ERR_MUSTER_NO_ENDPOINT', message: /address and a port/ });
  assert.equal(balancer.pick(list, 'round_robin', true).id, 'd');
  assert.throws(() => balancer.pick(listing()), { message: /no instances/ });
  assert.throws(() => balancer.pick(listing(instance('a', { status: 'DOWN' }))), { message: /none of its 1 instances is UP/ });
  assert.throws(() => balancer.pick(list, 'best'), { code: 'ERR_MUSTER_SETTING' });
});

test('an endpoint is ejected after three failures, longer each time, and one success forgets all', async () => {
  const { balancer, clock } = made();
  const list = listing(instance('a'), instance('b'));
  const fail = (times) => Array.from({ length: times }, () => balancer.report(list, 'a', false));
  fail(2);
  assert.deepEqual(balancer.ejected(list), []);
  fail(1);
  assert.deepEqual(balancer.ejected(list), ['a']);
  assert.deepEqual(
    [1, 2, 3].map(() => balancer.pick(list).id),
    ['b', 'b', 'b'],
  );
  await clock.advance(10_000);
  assert.deepEqual(balancer.ejected(list), []);
  fail(1);
  await clock.advance(19_999);
  assert.deepEqual(balancer.ejected(list), ['a']);
  await clock.advance(1);
  balancer.report(list, 'a', true);
  fail(2);
  assert.deepEqual(balancer.ejected(list), []);
});

test('never more than half are left out: the newest ejections count', async () => {
  const { balancer, clock } = made();
  const list = listing(instance('a'), instance('b'), instance('c'));
  for (const id of ['a', 'b', 'c']) {
    for (let time = 0; time < 3; time += 1) balancer.report(list, id, false);
    await clock.advance(1);
  }
  assert.deepEqual(balancer.ejected(list), ['c']);
  assert.deepEqual(balancer.ejected(listing(instance('a'))), []);
});

test('nothing is remembered of strangers, nor of those that went', () => {
  const { balancer } = made();
  for (let id = 0; id < 100; id += 1) balancer.report(listing(instance('a')), `x${id}`, false);
  for (let id = 0; id < 100; id += 1) balancer.pick(listing(instance(`y${id}`)));
  assert.equal(balancer.pick(listing(instance('a'))).id, 'a');
});

test('ids are ordered by their bytes', () => {
  assert.deepEqual(['\u{1f600}', '\uff5e', 'b', 'ab', 'a', ''].sort(byBytes), ['', 'a', 'ab', 'b', '\uff5e', '\u{1f600}']);
});
