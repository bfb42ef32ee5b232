/** Goal: a program ends when it wants to, and leaves nothing behind. Method: small programs against a server of the test. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { answer, healthy, listOf } from './support.js';

const INDEX = new URL('../index.js', import.meta.url).href;

/** A node, and the requests that it was asked. */
async function withNode(run) {
  const asked = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    asked.push(`${request.method} ${request.url.replace(/\?.*/, '')}`);
    const call = { method: request.method, path: request.url.split('?')[0], document: body ? JSON.parse(body) : {} };
    const given = healthy(call) ?? (call.path === '/v1/services/s' ? listOf() : answer(404));
    response.writeHead(given.status, given.headers).end(given.status === 204 ? undefined : given.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await run(`http://127.0.0.1:${server.address().port}`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A program that begins with a client of this node. */
function program(node, text) {
  const begin = `
    import { Client } from ${JSON.stringify(INDEX)};
    const client = new Client({ nodes: [${JSON.stringify(node)}], drainMs: 50 });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', begin + text], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, ended: once(child, 'exit') };
}

const REGISTER =
  "const me = await client.register({ service: 's', instance: 'i', status: 'UP' }); await client.service('s').find();";

test('a program that has nothing more to do ends, and cancels without draining', () =>
  withNode(async (node, asked) => {
    const { ended } = program(node, REGISTER);
    assert.deepEqual(await ended, [0, null]);
    assert.equal(asked.filter((one) => one === 'DELETE /v1/services/s/instances/i').length, 1);
    assert.ok(!asked.includes('PUT /v1/services/s/instances/i/status'));
  }));

test('a program that only finds ends, too', () =>
  withNode(async (node) => {
    assert.deepEqual(await program(node, "await client.service('s').find();").ended, [0, null]);
  }));

test('a program does not end while it awaits the first answer', async () => {
  const { child, ended } = program(
    'http://127.0.0.1:1',
    `
    const late = await client.service('s').find();
    process.stdout.write(late.state);`,
  );
  const [said] = await once(child.stdout, 'data');
  assert.equal(said.toString(), 'never');
  assert.deepEqual(await ended, [0, null]);
});

test('SIGTERM drains, cancels, and then ends the program', () =>
  withNode(async (node, asked) => {
    const { child, ended } = program(node, `${REGISTER} client.closeOnSigterm(); setInterval(() => {}, 1e6); console.log('up');`);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [null, 'SIGTERM']);
    assert.deepEqual(
      asked.filter((one) => /status|DELETE/.test(one)),
      ['PUT /v1/services/s/instances/i/status', 'DELETE /v1/services/s/instances/i'],
    );
  }));

test('after SIGTERM the program may do something of its own', () =>
  withNode(async (node) => {
    const { child, ended } = program(
      node,
      `client.closeOnSigterm(() => process.exit(3)); setInterval(() => {}, 1e6); console.log('up');`,
    );
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [3, null]);
  }));
