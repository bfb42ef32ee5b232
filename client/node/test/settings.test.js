/** Goal: wrong settings and names are told at once, in words. Method: values of each kind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instanceKey, nodeUrl, serviceKey, settle } from '../lib/settings.js';

test('what is not given has a default', () => {
  const settings = settle({}, {});
  assert.deepEqual(settings.nodes, ['http://127.0.0.1:8761']);
  assert.equal(settings.pollMs, 5000);
  assert.match(settings.clientId, /^[0-9a-f]{32}$/);
  assert.notEqual(settings.clientId, settle({}, {}).clientId);
});

test('nodes come from the environment', () => {
  const settings = settle({}, { MUSTER_NODES: 'http://a:1/, https://b,,' });
  assert.deepEqual(settings.nodes, ['http://a:1', 'https://b']);
});

test('a wrong setting is named', () => {
  for (const [wrong, text] of [
    [{ nodes: 'http://a' }, /nodes is a list/],
    [{ nodes: [] }, /nodes has 0/],
    [{ nodes: ['a:1'] }, /http:\/\/HOST:PORT/],
    [{ nodes: Array.from({ length: 65 }, (_, at) => `http://n${at}`) }, /65 URLs; give 1 to 64/],
    [{ pollMs: 0 }, /pollMs/],
    [{ pollMs: NaN }, /pollMs/],
    [{ pollMs: '5' }, /pollMs/],
    [{ pollms: 5 }, /no setting pollms/],
    [{ cacheDir: 5 }, /cacheDir/],
    [{ clientId: 5 }, /clientId/],
  ])
    assert.throws(() => settle(wrong, {}), { code: 'ERR_MUSTER_SETTING', message: text }, JSON.stringify(wrong));
});

test('a URL of a node has no path, no user and no text behind', () => {
  assert.equal(nodeUrl(' http://[::1]:8761/ '), 'http://[::1]:8761');
  for (const wrong of [
    'http://a/eureka',
    'http://u:p@a',
    'ftp://a',
    'http://',
    'http://a:99999',
    'http://a:1?b',
    'http://a b',
    null,
  ]) {
    assert.throws(() => nodeUrl(wrong), { code: 'ERR_MUSTER_SETTING' }, String(wrong));
  }
});

test('names of services are compared in lower case', () => {
  assert.equal(serviceKey('Orders Of_All'), 'orders of_all');
  for (const wrong of ['', '.', '..', 'a/b', 'a?b', ' a', 'ä', 'a\n', 'x'.repeat(256), 5, undefined]) {
    assert.throws(() => serviceKey(wrong), { code: 'ERR_MUSTER_SETTING' }, String(wrong));
  }
});

test('ids of instances are kept as they are', () => {
  assert.equal(instanceKey('Host/ä:80'), 'Host/ä:80');
  for (const wrong of ['', '..', 'a\nb', '\ud800', 'ä'.repeat(257), 5]) {
    assert.throws(() => instanceKey(wrong), { code: 'ERR_MUSTER_SETTING' }, String(wrong));
  }
});
