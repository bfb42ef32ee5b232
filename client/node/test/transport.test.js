/** Goal: every request ends in time, whatever a node does. Method: servers on ports that the system picks. */
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { HttpTransport } from '../index.js';
import { ANSWER_BYTES_MAX } from '../lib/settings.js';

async function serving(server, run) {
  const sockets = new Set();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const transport = new HttpTransport();
  const call = {
    method: 'GET',
    node: `http://127.0.0.1:${server.address().port}`,
    path: '/x',
    headers: {},
    body: null,
    connectMs: 500,
    totalMs: 5000,
  };
  try {
    await run((more = {}) => transport.request({ ...call, ...more }));
  } finally {
    transport.close();
    sockets.forEach((socket) => socket.destroy());
    server.close();
  }
}

const failure = (message) => ({ code: 'ERR_MUSTER_TRANSPORT', message });

test('an answer has a status, headers and a body; the request its own', async () => {
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    response.setHeader('ETag', 'W/"1"');
    response.end(`${request.method} ${request.url} ${request.headers.a} ${body}`);
  });
  await serving(server, async (ask) => {
    const { status, headers, body } = await ask({ method: 'PUT', path: '/a%2Fb?c', headers: { A: 'b' }, body: 'ä' });
    assert.deepEqual([status, headers.etag, body.toString()], [200, 'W/"1"', 'PUT /a%2Fb?c b ä']);
  });
});

test('connections are used again, and one that was closed meanwhile is no failure', async () => {
  const sockets = new Set();
  const server = http.createServer((request, response) => {
    const isOld = sockets.has(request.socket);
    sockets.add(request.socket);
    if (isOld && request.url === '/cut') request.socket.destroy();
    else response.end(isOld ? 'old' : 'new');
  });
  await serving(server, async (ask) => {
    assert.equal((await ask()).body.toString(), 'new');
    assert.equal((await ask()).body.toString(), 'old');
    assert.equal((await ask({ path: '/cut' })).body.toString(), 'new');
  });
});

test('a node that is silent or drips is given up in time', async () => {
  const silent = net.createServer(() => {});
  await serving(silent, (ask) => assert.rejects(ask({ totalMs: 50 }), failure(/no answer within 50 ms/)));
  const dripping = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
    const drip = setInterval(() => socket.write('x'), 1);
    socket.on('close', () => clearInterval(drip));
  });
  await serving(dripping, (ask) => assert.rejects(ask({ totalMs: 80 }), failure(/no answer within 80 ms/)));
});

test('broken answers are failures', async () => {
  for (const text of [
    '',
    'nonsense\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx',
    'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
  ]) {
    const server = net.createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(text)));
    await serving(server, (ask) => assert.rejects(ask(), failure(/^http:\/\/127/), text));
  }
});

test('an answer that is too large is refused by its length, or when it grows beyond', async () => {
  const stating = http.createServer((_, response) =>
    response.writeHead(200, { 'Content-Length': ANSWER_BYTES_MAX + 1 }).write('x'),
  );
  await serving(stating, (ask) => assert.rejects(ask(), failure(/larger than/)));
  const part = Buffer.alloc(1 << 20);
  const growing = http.createServer((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(part));
    };
    response.on('drain', more);
    more();
  });
  await serving(growing, (ask) => assert.rejects(ask({ totalMs: 20_000 }), failure(/larger than/)));
});

test('who is not there is told', async () => {
  const server = net.createServer();
  await serving(server, async (ask) => {
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(ask(), failure(/ECONNREFUSED/));
  });
});
