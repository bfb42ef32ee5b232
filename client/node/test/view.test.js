/** Goal: a loss must have a reason. Method: answers written by hand, the time told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explained, isSharp } from '../lib/judgement.js';
import { endpointsOf } from '../lib/listing.js';
import { settle } from '../lib/settings.js';
import { View } from '../lib/view.js';
import { instance } from './support.js';

const idsOf = (...ids) => new Map(ids.map((id) => [id, null]));
const some = (...ids) => endpointsOf({ instances: ids.map((id) => instance(id)) });
const shown = (view, now = 0) =>
  view
    .listing(now)
    .endpoints.map((one) => one.id)
    .join('');

test('which losses are sharp', () => {
  const [none, few, more] = [idsOf(), idsOf('a', 'b', 'c', 'd'), idsOf('a', 'b', 'c', 'd', 'e', 'f')];
  assert.equal(isSharp(none, none, none), false);
  assert.equal(isSharp(idsOf('a'), none, none), true);
  assert.equal(isSharp(few, idsOf('a', 'b'), none), false, 'two are an ordinary day');
  assert.equal(isSharp(few, idsOf('a'), none), true);
  assert.equal(isSharp(more, idsOf('a', 'b', 'c'), none), false, 'half is not more than half');
  assert.equal(isSharp(few, idsOf('a', 'b', 'c'), idsOf('d')), true, 'it is missing already');
  assert.equal(isSharp(few, idsOf('a'), none, true), false, 'the list is old');
  assert.equal(isSharp(few, none, none, true), true);
});

test('the latest event of an id counts, and expired is no reason', () => {
  const events = [
    { id: 'a', cause: 'cancelled' },
    { id: 'b', cause: 'cancelled' },
    { id: 'b', cause: 'registered' },
    { id: 'c', cause: 'expired' },
    { id: 'd', cause: 'hold_expired' },
    { id: 'e', cause: 'hold_released' },
    null,
    5,
    { id: {} },
  ];
  assert.deepEqual(explained({ events }, ['a', 'b', 'c', 'd', 'e', 'f']), ['a', 'd', 'e']);
  for (const wrong of [null, 5, {}, { events: 'x' }]) assert.deepEqual(explained(wrong, ['a']), []);
});

test('what is missing is kept for its lease, counted by polls that lack it, and no outage counts', () => {
  const view = new View('s', settle({ pollMs: 1000 }));
  view.take(some('a', 'b'), 0);
  view.keep(some(), 1000);
  assert.deepEqual([shown(view), view.listing(1000).missing], ['ab', ['a', 'b']]);
  let now = 1000 + 1_000_000; // nobody answered meanwhile: two polls of it count
  view.keep(some(), now);
  assert.equal(shown(view), 'ab');
  for (let poll = 0; poll < 87; poll += 1) view.keep(some(), (now += 1000));
  assert.equal(shown(view), 'ab');
  view.keep(some(), (now += 1000));
  assert.equal(shown(view), '');
});

test('what is missing and comes back is as new', () => {
  const view = new View('s', settle({ holdMs: 1500, pollMs: 1000 }));
  view.take(some('a', 'b'), 0);
  view.keep(some(), 0);
  view.keep(some(), 1000);
  view.take(some('a', 'b'), 1000);
  view.keep(some(), 1000);
  view.keep(some(), 2000);
  assert.equal(shown(view), 'ab');
});

test('an endpoint that an event explains goes at once', () => {
  const view = new View('s', settle());
  view.take(some('a', 'b', 'c'), 0);
  view.forget(
    {
      events: [
        { id: 'a', cause: 'cancelled' },
        { id: 'c', cause: 'cancelled' },
      ],
    },
    some('c'),
  );
  assert.equal(shown(view), 'bc', 'what the answer has stays');
});

test('the state tells how old the knowledge is', () => {
  const view = new View('s', settle({ pollMs: 1000 }));
  assert.deepEqual([view.listing(0).state, view.listing(0).ageMs, view.listing(0).source], ['never', null, 'none']);
  view.take(some('a'), 0);
  assert.deepEqual([view.listing(3000.1).state, view.listing(3000.1).ageMs], ['stale', 3001]);
  assert.deepEqual([view.listing(3000).state, view.listing(3001).state, view.listing(3001).ageMs], ['fresh', 'stale', 3001]);
});

test('the file is written when the content changes, and every 5 minutes', async () => {
  const written = [];
  const cache = { write: async (_name, _kind, document) => Boolean(written.push(document)) };
  const clock = { now: () => clock.time, wall: () => 5000 + clock.time, time: 0 };
  const view = new View('s', settle());
  assert.equal(view.isWriteDue(0), false);
  view.take(some('a'), 0);
  view.tag = 'W/"1"';
  assert.equal(view.isWriteDue(0), true);
  await view.write(cache, clock);
  view.take(some('a'), 500);
  assert.equal(view.isWriteDue(10_000), false);
  assert.equal(view.isWriteDue(300_000), true);
  view.keep(some(), 600);
  view.take(some('b'), 700);
  assert.equal(view.isWriteDue(999), false, 'once a second');
  assert.equal(view.isWriteDue(1000), true);
  assert.deepEqual([written[0].etag, written[0].confirmed_at_ms, written[0].instances.length], ['W/"1"', 5000, 1]);
});

test('while something is missing the file has no tag', async () => {
  let written;
  const cache = { write: async (_name, _kind, document) => Boolean((written = document)) };
  const view = new View('s', settle());
  view.take(some('a', 'b'), 0);
  view.tag = 'W/"1"';
  view.keep(some('a'), 10);
  await view.write(cache, { now: () => 10, wall: () => 10 });
  assert.deepEqual([written.etag, written.instances.map((one) => one.id)], ['', ['a', 'b']]);
});

test('answers that are no lists are none', () => {
  for (const wrong of [
    null,
    5,
    {},
    { instances: {} },
    { instances: [null] },
    { instances: [{ id: 'a' }] },
    { instances: [{ id: 5, status: 'UP' }] },
  ]) {
    assert.throws(() => endpointsOf(wrong), JSON.stringify(wrong));
  }
});
