/** A clock that tests move, and a cluster that answers as they write it. */
import { TransportError } from '../index.js';

/** Lets everything happen that waits for no timer. */
export async function settled() {
  for (let round = 0; round < 20; round += 1) await new Promise(setImmediate);
}

export class FakeClock {
  shiftMs = 0;
  #now = 1000;
  #timers = new Set();

  now() {
    return this.#now;
  }

  wall() {
    return 1_700_000_000_000 + this.#now + this.shiftMs;
  }

  after(ms, run) {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves on, timer after timer, and lets each have its effect. */
  async advance(ms) {
    const end = this.#now + ms;
    await settled();
    for (let due = this.#next(end); due; due = this.#next(end)) {
      this.#timers.delete(due);
      this.#now = Math.max(due.at, this.#now);
      due.run();
      await settled();
    }
    this.#now = end;
  }

  #next(end) {
    return [...this.#timers].filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** A transport. Of `answers` the first that gives something counts; what nobody answers fails, but for the look at nodes. */
export class FakeCluster {
  calls = [];
  answers = [];

  constructor(...answers) {
    this.answers = answers;
  }

  async request(call) {
    const seen = { ...call, url: call.node + call.path, document: call.body === null ? null : JSON.parse(call.body) };
    this.calls.push(seen);
    for (const answer of this.answers) {
      const found = await answer(seen);
      if (found) return found;
    }
    if (call.path === '/v1/peers') return answer(200, { nodes: [] });
    throw new TransportError(`${call.node}: nobody is there`);
  }

  /** Those of this method whose path has the text. */
  asked(method, text = '') {
    return this.calls.filter((call) => call.method === method && call.path.includes(text));
  }
}

export function answer(status, document = null, headers = {}) {
  return { status, headers, body: Buffer.from(document === null ? '' : JSON.stringify(document)) };
}

export function problem(status, kind, detail = 'as the test wants it') {
  return answer(status, { type: `urn:muster:problem:${kind}`, title: kind, status, detail });
}

export function instance(id, more = {}) {
  return { id, status: 'UP', address: '10.0.0.1', port: 80, metadata: {}, lease: { interval_s: 30, duration_s: 90 }, ...more };
}

export function listOf(...instances) {
  return answer(200, { service: 's', instances }, { etag: `W/"${instances.map((one) => one.id).join()}"` });
}

/** Answers every write as a healthy node does. */
export function healthy(call) {
  if (/\/renew(\?|$)/.test(call.path) || call.method === 'DELETE') return answer(204);
  if (call.method === 'PUT') {
    const lease = { interval_s: 10, duration_s: 30, ...call.document.lease };
    return answer(200, { address: '10.0.0.1', incarnation: 7, ...call.document, lease });
  }
  return null;
}
