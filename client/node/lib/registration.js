/** Registering: the life of one instance, kept alive by a task of its own. */
import { EventEmitter } from 'node:events';
import { choose } from './address.js';
import { Latch, Pause, uniform } from './clock.js';
import { MusterError, RefusedError } from './errors.js';
import { number, statusOf } from './settings.js';

/** States that do not change any more. */
export const FINAL = ['refused', 'replaced', 'cancelled'];
const FORGOTTEN = ['unknown-instance', 'cancelled'];
const GONE = ['unknown-instance', 'stale-incarnation', 'cancelled'];
const BACKOFF_DOUBLINGS_MAX = 16;
const INTERVAL_MS = 30_000; // until an answer says which

/**
 * Begins the task of a registration. Resolved once that is not `registering` any more, `readyTimeoutMs` later at most.
 * @type {(registration: Registration, ready: Promise<void>) => Promise<void>}
 */
export let begin;

/**
 * What a program holds of an instance that it registered. One task sends everything, one after the other, so that nothing
 * overtakes a cancel. Emits `state` with the new state.
 */
export class Registration extends EventEmitter {
  #parts;
  #settings;
  #caller;
  #clock;
  #path;
  #fields;
  #life = 'registering';
  #wanted;
  #acknowledged = null;
  #incarnation;
  #wasAnswered = false; // any PUT of this life
  #intervalMs = INTERVAL_MS;
  #nextBeat = 0;
  #failures = 0;
  #leaveAt = null;
  #stopBy = null;
  #isTaken = false;
  #renewals = 0;
  #error = null;
  #address = null;
  #pause;
  #settled = new Latch(); // not `registering` any more
  #ended = new Latch();

  /** Made by `Client.register`. */
  constructor(parts, { service, instance, status, fields, incarnation }) {
    super();
    this.service = service;
    this.instance = instance;
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#caller = parts.caller;
    this.#clock = parts.clock;
    this.#path = `/v1/services/${encodeURIComponent(service)}/instances/${encodeURIComponent(instance)}`;
    this.#fields = fields;
    this.#wanted = statusOf(status);
    this.#incarnation = incarnation;
    this.#pause = new Pause(parts.clock);
  }

  /** `registering`, `registered`, `refused`, `replaced` or `cancelled`; the last three are final. */
  get state() {
    return this.#leaveAt === null ? this.#life : 'cancelled';
  }

  /** The status that is wanted. */
  get status() {
    return this.#wanted;
  }

  /** The last status that a node took, or null. */
  get acknowledged() {
    return this.#acknowledged;
  }

  /** The number of this life; null until a node has given one. */
  get incarnation() {
    return this.#incarnation;
  }

  /** As the node recorded it, or null. */
  get address() {
    return this.#address;
  }

  /** Acknowledged heartbeats of this life. */
  get renewals() {
    return this.#renewals;
  }

  /** The last error, or null. */
  get error() {
    return this.#error;
  }

  /** What the instance says of itself from now on, sent until a node has taken it. Once it leaves nothing changes that. */
  setStatus(status) {
    const wanted = statusOf(status);
    if (FINAL.includes(this.state)) return;
    this.#wanted = wanted;
    this.#pause.wake();
  }

  /** Ready: callers may come. */
  up() {
    this.setStatus('UP');
  }

  /**
   * Leaves: OUT_OF_SERVICE for `drainMs`, then the cancel. Resolved once that is done; whether a node took it.
   * @param {{drainMs?: number}} how
   * @returns {Promise<boolean>}
   */
  async cancel({ drainMs = this.#settings.drainMs } = {}) {
    const drain = number('drainMs', drainMs);
    const at = this.#clock.now() + drain;
    const before = this.state;
    if (this.#leaveAt !== null) {
      this.#leaveAt = Math.min(this.#leaveAt, at);
    } else if (!FINAL.includes(this.#life)) {
      this.#leaveAt = at;
      if (drain > 0) this.#wanted = 'OUT_OF_SERVICE';
      this.#tellState(before);
    }
    this.#pause.wake();
    await this.#ended.within(this.#clock, drain + this.#settings.stopTimeoutMs + this.#settings.requestTimeoutMs);
    return this.#isTaken;
  }

  // --------------------------------------------------------------------------------------- the task

  static {
    begin = async (registration, ready) => {
      registration.#run(ready);
      await registration.#settled.within(registration.#clock, registration.#settings.readyTimeoutMs);
    };
  }

  async #run(ready) {
    await ready;
    for (let delay = 0; delay !== null;) {
      try {
        delay = await this.#step();
      } catch (error) {
        delay = this.#later(error);
      }
      if (delay > 0) await this.#pause.rest(delay);
    }
    this.#ended.open();
  }

  /** Sends what is due; after how many milliseconds something is again, null when this life is over. */
  async #step() {
    if (FINAL.includes(this.#life)) return null;
    try {
      if (this.#mustDelete()) return await this.#delete();
      if (this.#life !== 'registered') await this.#register();
      else if (this.#wanted !== this.#acknowledged) await this.#sendStatus();
      else if (this.#clock.now() >= this.#nextBeat) await this.#renew();
      this.#failures = 0;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.#finish({ 409: 'replaced', 410: 'cancelled' }[error.status] ?? 'refused', error);
      return null;
    }
    return this.#delay();
  }

  #mustDelete() {
    return this.#leaveAt !== null && (this.#life !== 'registered' || this.#clock.now() >= this.#leaveAt);
  }

  #delay() {
    if (this.#life !== 'registered' || this.#wanted !== this.#acknowledged) return 0;
    return Math.max(Math.min(this.#nextBeat, this.#leaveAt ?? Infinity) - this.#clock.now(), 0);
  }

  #later(error) {
    this.#error = error instanceof MusterError ? error : new MusterError(`the task goes on after an error: ${error.message}`);
    const wait = Math.min(this.#settings.retryMs * 2 ** this.#failures, this.#intervalMs / 3);
    this.#failures = Math.min(this.#failures + 1, BACKOFF_DOUBLINGS_MAX);
    return wait * uniform(this.#parts.random, 0.5, 1);
  }

  #live(life) {
    const before = this.state;
    this.#life = life;
    if (life !== 'registering') this.#settled.open();
    this.#tellState(before);
  }

  #tellState(before) {
    // Later, so that a listener that throws does not hurt the task.
    if (this.state !== before) process.nextTick(() => this.emit('state', this.state));
  }

  #finish(life, error = null) {
    if (error) {
      this.#error = error;
      this.#parts.warn(new MusterError(`${this.instance} of ${this.service} is ${life}: ${error.message}`));
    }
    this.#live(life);
  }

  /** A write that is under way when the instance leaves asks no further node: the cancel comes next. */
  #ask(method, part, document, how = {}) {
    const giveUp = () => this.#mustDelete();
    return this.#caller.ask(method, this.#path + part, { document, giveUp, ...how });
  }

  async #register() {
    const status = this.#wanted;
    const document = { ...this.#fields, status };
    if (this.#incarnation !== null) document.incarnation = this.#incarnation;
    if (document.address === undefined) {
      const { address } = await choose(null, this.#caller.nodes.home, this.#settings.connectTimeoutMs);
      if (address) document.address = address;
      if (this.#mustDelete()) return;
    }
    let answer;
    try {
      answer = await this.#ask('PUT', '', document, { check: enrolled });
    } catch (error) {
      if (![409, 410].includes(error.status) || this.#wasAnswered || this.#incarnation === null) throw error;
      this.#incarnation = null; // the clock has stepped back: the node numbers this life
      return;
    }
    this.#caller.counts.registrations += 1;
    this.#wasAnswered = true;
    this.#acknowledged = status;
    this.#address = answer.document.address ?? null;
    this.#incarnation ??= answer.document.incarnation ?? null;
    this.#intervalMs = 1000 * answer.document.lease.interval_s;
    this.#plan();
    this.#live('registered');
  }

  async #sendStatus() {
    const status = this.#wanted;
    const document = { status };
    if (this.#incarnation !== null) document.incarnation = this.#incarnation;
    this.#renewed(await this.#ask('PUT', '/status', document, { kinds: FORGOTTEN }), status);
  }

  async #renew() {
    this.#renewed(await this.#ask('PUT', `/renew${this.#fence()}`, undefined, { kinds: FORGOTTEN }), this.#acknowledged);
  }

  #renewed(answer, status) {
    if (answer.status >= 400) {
      this.#live('registering'); // the answer to a PUT of this incarnation decides
      return;
    }
    this.#acknowledged = status;
    this.#renewals += 1;
    this.#caller.counts.renewals += 1;
    this.#plan();
  }

  /** So that this life alone is renewed and cancelled. */
  #fence() {
    return this.#incarnation === null ? '' : `?incarnation=${this.#incarnation}`;
  }

  #plan() {
    this.#nextBeat = this.#clock.now() + this.#intervalMs * uniform(this.#parts.random, 0.7, 1);
  }

  async #delete() {
    this.#stopBy ??= this.#clock.now() + this.#settings.stopTimeoutMs;
    try {
      await this.#ask('DELETE', this.#fence(), undefined, { kinds: GONE, deadline: this.#stopBy, giveUp: () => false });
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      const delay = this.#later(error);
      if (this.#clock.now() + delay < this.#stopBy) return delay;
      this.#finish('cancelled', this.#error);
      return null;
    }
    this.#isTaken = true;
    this.#finish('cancelled');
    return null;
  }
}

/** What is wrong with the answer to a registration, or null. */
function enrolled({ document }) {
  const interval = document?.lease?.interval_s;
  return Number.isInteger(interval) && interval >= 1 ? null : 'the answer to a registration has no lease.interval_s';
}
