/** One HTTP request to one node, under a hard time-out. No redirects, no proxies; connections are kept for a while. */
import http from 'node:http';
import https from 'node:https';
import { TransportError } from './errors.js';
import { ANSWER_BYTES_MAX } from './settings.js';

const IDLE_SOCKETS_MAX = 4; // a node, so that a client of many services does not hold its connections
const STALE = ['ECONNRESET', 'EPIPE'];

/**
 * @typedef {object} Call
 * @property {string} method
 * @property {string} node URL without a path
 * @property {string} path with the query
 * @property {Record<string, string>} headers
 * @property {string|null} body
 * @property {number} connectMs names are resolved within this time, too
 * @property {number} totalMs from now to the last byte of the answer
 */

/** @typedef {{status: number, headers: Record<string, string|string[]|undefined>, body: Buffer}} Response */

/** Sockets of one client; `close` ends them all. */
export class HttpTransport {
  #agents;
  /** One connection a request: for the second try, when a kept one turned out to be closed. */
  #fresh;

  /** @param {https.AgentOptions} tls options of TLS, as `{ ca }`, for nodes with https */
  constructor(tls = {}) {
    const kept = { keepAlive: true, maxFreeSockets: IDLE_SOCKETS_MAX };
    this.#agents = { 'http:': new http.Agent(kept), 'https:': new https.Agent({ ...tls, ...kept }) };
    this.#fresh = { 'http:': new http.Agent(), 'https:': new https.Agent(tls) };
  }

  /**
   * Rejects with TransportError when no answer was read in time.
   * @param {Call} call
   * @returns {Promise<Response>}
   */
  async request(call) {
    const deadline = performance.now() + call.totalMs;
    try {
      return await exchange(call, this.#agents, deadline);
    } catch (error) {
      if (!error.stale) throw error;
      return exchange(call, this.#fresh, deadline);
    }
  }

  close() {
    for (const agents of [this.#agents, this.#fresh]) {
      agents['http:'].destroy();
      agents['https:'].destroy();
    }
  }
}

function exchange(call, agents, deadline) {
  return new Promise((resolve, reject) => {
    const url = new URL(call.node);
    const module = url.protocol === 'https:' ? https : http;
    const timers = [];
    let answered = false;
    const request = module.request({
      agent: agents[url.protocol],
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: call.path,
      method: call.method,
      headers: { ...call.headers, ...(call.body === null ? {} : { 'Content-Length': Buffer.byteLength(call.body) }) },
    });
    const fail = (why, code) => {
      timers.forEach(clearTimeout);
      const error = new TransportError(`${call.node}: ${why}`);
      error.stale = request.reusedSocket && !answered && STALE.includes(code);
      reject(error); // the first one counts
      request.destroy();
    };
    const limit = (ms, why) => {
      const timer = setTimeout(fail, Math.max(ms, 0), why);
      timer.unref(); // the socket holds the program while it is needed
      timers.push(timer);
      return timer;
    };
    limit(deadline - performance.now(), `no answer within ${Math.round(call.totalMs)} ms`);
    request.on('socket', (socket) => {
      socket.setNoDelay(true);
      if (!socket.connecting) return;
      const timer = limit(call.connectMs, `not connected within ${call.connectMs} ms`);
      socket.once('connect', () => clearTimeout(timer));
    });
    request.on('error', (error) => fail(error.message || error.code, error.code));
    request.on('close', () => fail('the connection was closed'));
    request.on('response', (response) => {
      answered = true;
      collect(response, fail, (body) => {
        timers.forEach(clearTimeout);
        resolve({ status: response.statusCode, headers: response.headers, body });
      });
    });
    request.end(call.body ?? undefined);
  });
}

function collect(response, fail, done) {
  const parts = [];
  let bytes = 0;
  const tooLarge = `the answer is larger than ${ANSWER_BYTES_MAX} bytes`;
  if (Number(response.headers['content-length']) > ANSWER_BYTES_MAX) {
    fail(tooLarge);
    return;
  }
  response.on('data', (part) => {
    bytes += part.length;
    if (bytes > ANSWER_BYTES_MAX) fail(tooLarge);
    else parts.push(part);
  });
  response.on('end', () => (response.complete ? done(Buffer.concat(parts, bytes)) : fail('the answer ended early')));
  response.on('error', (error) => fail(error.message));
}
