/** What is known of one service, and what an answer makes of it. No timers, no clock: it is told the time. */
import { isDeepStrictEqual } from 'node:util';
import { fileName } from './cache.js';
import { explained, isSharp, lostOf } from './judgement.js';
import { byBytes, endpointsOf, Listing } from './listing.js';

const HOLD_MAX_MS = 600_000;
const OLD_MS = 3_600_000; // a list from disk that is older protects itself against an empty answer only
const REWRITE_MS = 300_000; // so that the date in the file stays young
const WRITES_APART_MS = 1000;
const FRESH_POLLS = 3;

/** Whoever owns it lets one answer be settled after the other. */
export class View {
  /** For If-None-Match. */
  tag = '';
  source = 'none';
  /** The last answer as it was: what a 304 stands for. */
  answered = new Map();
  #settings;
  #known = new Map();
  #inOrder = null; // of the known, until they change
  #missing = new Map(); // id: how long answers have lacked it
  #confirmedAt = null; // monotonic
  #readAt = 0;
  #diskAge = null; // at the time of reading
  #isOld = false;
  #isDirty = false;
  #writtenAt = -Infinity;

  constructor(service, settings) {
    this.service = service;
    this.#settings = settings;
  }

  get hasList() {
    return this.source !== 'none';
  }

  get missing() {
    return [...this.#missing.keys()].sort(byBytes);
  }

  // ---------------------------------------------------------------------------------------- answers

  isSharp(answer) {
    return isSharp(this.#known, answer, this.#missing, this.#isOld);
  }

  /** Drops what events say was taken out. */
  forget(events, answer) {
    for (const id of explained(events, lostOf(this.#known, answer))) {
      this.#known.delete(id);
      this.#inOrder = null;
      this.#missing.delete(id);
      this.#isDirty = true;
    }
  }

  /** The answer is believed as it is. */
  take(answer, now) {
    this.#set(answer, new Map());
    this.#confirm(answer, now);
  }

  /** What the answer has is believed, what it lacks is kept for its time. */
  keep(answer, now) {
    const step = this.#confirmedAt === null ? 0 : Math.min(now - this.#confirmedAt, 2 * this.#settings.pollMs);
    const known = new Map(answer);
    const missing = new Map();
    for (const id of lostOf(this.#known, answer)) {
      const endpoint = this.#known.get(id);
      const time = this.#missing.has(id) ? this.#missing.get(id) + step : 0;
      if (time >= Math.min(this.#settings.holdMs || endpoint.leaseMs, HOLD_MAX_MS)) continue;
      missing.set(id, time);
      known.set(id, endpoint);
    }
    this.#set(known, missing);
    this.#confirm(answer, now);
  }

  #set(known, missing) {
    this.#isDirty ||= this.source === 'none' || !isSame(known, this.#known);
    this.#known = new Map(known);
    this.#inOrder = null;
    this.#missing = missing;
  }

  #confirm(answer, now) {
    this.answered = answer;
    this.#confirmedAt = now;
    this.source = 'registry';
    this.#isOld = false;
  }

  // ------------------------------------------------------------------------------------------- disk

  async read(cache, clock) {
    const name = fileName(this.service);
    const document = await cache.read(name, 'service');
    if (document === null) return;
    try {
      if (document.service !== this.service) throw new Error('it is of another service');
      this.#known = endpointsOf(document);
      this.#inOrder = null;
    } catch (error) {
      cache.ignore(name, error);
      return;
    }
    const age = typeof document.confirmed_at_ms === 'number' ? clock.wall() - document.confirmed_at_ms : null;
    this.#diskAge = age !== null && age >= 0 ? age : null;
    this.#isOld = this.#diskAge !== null && this.#diskAge > OLD_MS;
    this.#readAt = clock.now();
    this.source = 'disk';
    this.answered = new Map(this.#known);
    this.tag = typeof document.etag === 'string' ? document.etag : '';
  }

  /** Whether the file may and should be written now. */
  isWriteDue(now) {
    if (this.#isDirty) return now >= this.#writtenAt + WRITES_APART_MS;
    return this.#confirmedAt !== null && this.#confirmedAt > this.#writtenAt && now >= this.#writtenAt + REWRITE_MS;
  }

  /** Something is not on disk. */
  get isDirty() {
    return this.#isDirty;
  }

  async write(cache, clock) {
    const now = clock.now();
    const age = this.#confirmedAt === null ? 0 : now - this.#confirmedAt;
    const document = {
      service: this.service,
      confirmed_at_ms: Math.floor(clock.wall() - age),
      etag: this.#missing.size ? '' : this.tag,
      instances: this.#sorted().map((one) => one.document),
    };
    this.#writtenAt = now;
    this.#isDirty = false; // what changes while this is written counts as new
    if (!(await cache.write(fileName(this.service), 'service', document))) this.#isDirty = true;
  }

  // ---------------------------------------------------------------------------------------- readers

  #sorted() {
    this.#inOrder ??= Object.freeze([...this.#known.values()].sort((a, b) => byBytes(a.id, b.id)));
    return this.#inOrder;
  }

  /** @returns {Listing} */
  listing(now) {
    const { ageMs, state } = this.#age(now);
    return new Listing({
      service: this.service,
      source: this.source,
      state,
      ageMs: ageMs === null ? null : Math.ceil(ageMs), // up, so that it never contradicts the state
      missing: this.missing,
      endpoints: this.#sorted(),
    });
  }

  #age(now) {
    if (this.#confirmedAt !== null) {
      const ageMs = now - this.#confirmedAt;
      return { ageMs, state: ageMs <= FRESH_POLLS * this.#settings.pollMs ? 'fresh' : 'stale' };
    }
    if (this.source === 'disk') {
      return { ageMs: this.#diskAge === null ? null : this.#diskAge + now - this.#readAt, state: 'cached_only' };
    }
    return { ageMs: null, state: 'never' };
  }
}

function isSame(a, b) {
  if (a.size !== b.size) return false;
  return [...a].every(([id, one]) => b.has(id) && (one === b.get(id) || isDeepStrictEqual(one.document, b.get(id).document)));
}
