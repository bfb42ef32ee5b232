/** Goal: files survive whole or not at all, and none of them stops the client. Method: a folder of its own for each test. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Cache, fileName, pack, unpack } from '../lib/cache.js';
import { settle } from '../lib/settings.js';
import { View } from '../lib/view.js';
import { FakeClock, instance } from './support.js';

function inFolder(name, run) {
  test(name, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-node-'));
    try {
      await run(join(folder, 'cache'));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test('names are those of every language', () => {
  assert.equal(fileName('orders'), 'service-orders-1c168adb00d208e4.jsonl');
  assert.match(fileName(`a b*${'x'.repeat(100)}`), /^service-a_b_x{56}-[0-9a-f]{16}\.jsonl$/);
});

inFolder('what is written is read, by the owner alone', async (folder) => {
  const cache = new Cache(folder);
  assert.equal(await cache.write('a.jsonl', 'nodes', { nodes: ['http://ä:1', '\ud800'] }), true);
  assert.deepEqual(await cache.read('a.jsonl', 'nodes'), { nodes: ['http://ä:1', '\ud800'] });
  assert.deepEqual([(await stat(folder)).mode & 0o777, (await stat(join(folder, 'a.jsonl'))).mode & 0o777], [0o700, 0o600]);
  assert.deepEqual(await readdir(folder), ['a.jsonl']);
  assert.deepEqual([cache.writes, cache.errors, cache.ignored], [1, 0, 0]);
  assert.equal((await readFile(join(folder, 'a.jsonl'), 'utf8')).split('\n').length, 3);
});

inFolder('torn, foreign and damaged files are ignored and counted', async (folder) => {
  const told = [];
  const cache = new Cache(folder, (error) => told.push(error.message));
  const whole = pack('nodes', { nodes: [] });
  const path = join(folder, 'a.jsonl');
  const wrong = [
    Buffer.alloc(0),
    Buffer.from('\n'),
    Buffer.from('{}\n{}\n'),
    Buffer.from('null\nnull\n'),
    whole.subarray(0, -1),
    whole.subarray(0, 20),
    Buffer.from(whole.toString().replace('nodes":[]', 'nodes":[1]')),
    Buffer.from(whole.toString().replace('"format":1', '"format":2')),
    Buffer.concat([whole, Buffer.from('x')]),
    pack('service', {}),
    pack('nodes', []),
    pack('nodes', null),
  ];
  await mkdir(folder);
  for (const content of wrong) {
    await writeFile(path, content);
    assert.equal(await cache.read('a.jsonl', 'nodes'), null, content.toString());
  }
  assert.equal(cache.ignored, wrong.length);
  assert.match(told[0], /a\.jsonl is ignored, and written anew/);
});

inFolder('no file is no fault; a folder in its place and an endless file are', async (folder) => {
  const cache = new Cache(folder);
  assert.equal(await cache.read('a.jsonl', 'nodes'), null);
  assert.equal(cache.ignored, 0);
  await mkdir(join(folder, 'a.jsonl'), { recursive: true });
  assert.equal(await cache.read('a.jsonl', 'nodes'), null);
  await writeFile(join(folder, 'b.jsonl'), '');
  await truncate(join(folder, 'b.jsonl'), 64 * 1024 * 1024 + 1);
  assert.equal(await cache.read('b.jsonl', 'nodes'), null);
  assert.equal(cache.ignored, 2);
});

inFolder('what cannot be written is counted and leaves nothing behind', async (folder) => {
  await writeFile(folder, 'a file where the folder should be');
  const cache = new Cache(folder);
  assert.equal(await cache.write('a.jsonl', 'nodes', {}), false);
  assert.match(cache.lastError, /cannot write a\.jsonl .*give another cacheDir/);
  await rm(folder);
  await mkdir(join(folder, 'a.jsonl'), { recursive: true });
  assert.equal(await cache.write('a.jsonl', 'nodes', {}), false);
  assert.deepEqual(await readdir(folder), ['a.jsonl']);
  assert.equal(cache.errors, 2);
});

test('without a folder everything is in memory', async () => {
  const cache = new Cache(null);
  assert.equal(await cache.write('a.jsonl', 'nodes', {}), true);
  assert.equal(await cache.read('a.jsonl', 'nodes'), null);
  assert.equal(cache.writes, 0);
});

test('a file is its description', () => {
  assert.deepEqual(unpack(pack('service', { a: 1 }), 'service'), { a: 1 });
});

inFolder('a list from disk is told as such, with its age; a clock that went back leaves that open', async (folder) => {
  const clock = new FakeClock();
  const cache = new Cache(folder);
  const read = async (confirmedAt, more = {}) => {
    await cache.write(fileName('s'), 'service', {
      service: 's',
      confirmed_at_ms: confirmedAt,
      etag: 'W/"x"',
      instances: [instance('a')],
      ...more,
    });
    const view = new View('s', settle());
    await view.read(cache, clock);
    return view;
  };
  const young = await read(clock.wall() - 5000);
  assert.deepEqual(
    [young.listing(clock.now()).source, young.listing(clock.now()).state, young.listing(clock.now() + 10).ageMs],
    ['disk', 'cached_only', 5010],
  );
  assert.equal(young.tag, 'W/"x"');
  assert.equal((await read(clock.wall() + 5000)).listing(clock.now()).ageMs, null);
  const many = { instances: ['a', 'b', 'c', 'd'].map((id) => instance(id)) };
  assert.equal((await read(clock.wall() - 3_600_000, many)).isSharp(new Map([['a', 0]])), true);
  assert.equal((await read(clock.wall() - 3_600_001, many)).isSharp(new Map([['a', 0]])), false);
  assert.equal((await read(0, { service: 'other' })).hasList, false);
  assert.equal((await read(0, { instances: [{ id: 'a' }] })).hasList, false);
  assert.equal(cache.ignored, 2);
});
