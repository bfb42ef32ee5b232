#!/usr/bin/env node
// Shop is a service of the demo, and its page. For every page it finds a `prices` and an `orders` and calls them; it counts the
// pages that could not be made, and the calls that it had to repeat at another instance.
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { Client, HttpTransport } from '../../../client/node/index.js';
import { page, REFRESH, STYLE } from './page.mjs';

const ID = process.env.INSTANCE || `shop-${hostname()}`;
const [, HOST, PORT] = /^(.*):(\d+)$/.exec(process.env.LISTEN || '127.0.0.1:8080');
const NEEDS = { prices: '/price?item=tea', orders: '/orders?item=tea' };
const CALL_MS = 500; // of one call
const TRIES = 3; // instances that are called for one page
const stats = { pages: 0, failed: 0, retried: 0 };
const answered = { prices: {}, orders: {} }; // by instance

/** The usual transport, which remembers the node that last told about a service. */
class Remembering extends HttpTransport {
  toldBy = {};

  async request(call) {
    const answer = await super.request(call);
    const service = /^\/v1\/services\/([^/?]+)$/.exec(call.path)?.[1];
    if (service && (answer.status === 200 || answer.status === 304)) this.toldBy[service] = call.node;
    return answer;
  }
}

const transport = new Remembering();
const client = new Client({ cacheDir: process.env.CACHE_DIR || null, pollMs: 1000, drainMs: 3000 }, { transport });
client.on('warning', (warning) => console.error(`shop: ${warning.message}`));

/** Calls one instance of a service; when that does not answer, another one. */
async function call(name) {
  const service = client.service(name);
  for (let repeated = 0; ; ++repeated) {
    const endpoint = await service.pick();
    try {
      const url = `http://${endpoint.address}:${endpoint.port}${NEEDS[name]}`;
      const answer = await (await fetch(url, { signal: AbortSignal.timeout(CALL_MS) })).json();
      await service.report(endpoint, true);
      answered[name][answer.by] = (answered[name][answer.by] ?? 0) + 1;
      return { ...answer, repeated };
    } catch (error) {
      await service.report(endpoint, false);
      if (repeated + 1 === TRIES) throw new Error(`${name}: ${error.cause?.message ?? error.message}`);
      ++stats.retried;
    }
  }
}

/** What is known of the services, and where from. */
async function known() {
  const found = {};
  for (const name of Object.keys(NEEDS)) {
    const listing = await client.service(name).find();
    found[name] = {
      state: listing.state, source: listing.source, age_ms: listing.ageMs === null ? null : Math.round(listing.ageMs),
      told_by: listing.source === 'registry' ? transport.toldBy[name] : null, missing: listing.missing,
      instances: listing.endpoints.map(({ id, status }) => ({ id, status })), answered: answered[name],
    };
  }
  return { id: ID, ...stats, services: found };
}

async function front() {
  ++stats.pages;
  try {
    const [price, order] = await Promise.all([call('prices'), call('orders')]);
    return { status: 200, repeated: price.repeated + order.repeated, text: page(await known(), { price, order }) };
  } catch (error) {
    ++stats.failed;
    console.error(`shop: a page failed: ${error.message}`);
    return { status: 502, text: page(await known(), { error: error.message }) };
  }
}

const routes = {
  '/': front,
  '/stats': async () => ({ kind: 'application/json', text: JSON.stringify(await known(), null, 1) }),
  '/healthz': async () => (me?.acknowledged === 'UP' ? { text: 'UP\n' } : { status: 503, text: 'not registered\n' }),
  '/metrics': async () => ({ text: Object.entries(stats).map(([name, count]) => `shop_${name}_total ${count}\n`).join('') }),
  '/refresh.js': async () => ({ kind: 'text/javascript', text: REFRESH }),
  '/style.css': async () => ({ kind: 'text/css', text: STYLE }),
};

const server = createServer(async (request, response) => {
  const route = routes[request.url.split('?')[0]] ?? (async () => ({ status: 404, text: 'there is no such page\n' }));
  const { status = 200, text, kind = route === front ? 'text/html' : 'text/plain', repeated = 0 } = await route();
  response.writeHead(status, {
    'Content-Type': `${kind}; charset=utf-8`, 'Cache-Control': 'no-store', Repeated: repeated,
    'Content-Security-Policy': "default-src 'self'; img-src data:",
  });
  response.end(text);
});

let me = null;
server.listen(Number(PORT), HOST, async () => {
  client.closeOnSigterm(() => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
  me = await client.register({ service: 'shop', instance: ID, port: Number(PORT), intervalS: 2, durationS: 6 });
  me.up();
});
