/** The client: what a program holds, one for all its services. */
import { EventEmitter } from 'node:events';
import { choose } from './address.js';
import { Balancer } from './balance.js';
import { Cache } from './cache.js';
import { Caller } from './caller.js';
import { Clock } from './clock.js';
import { ClosedError, LimitError, SettingError } from './errors.js';
import { Finder } from './finder.js';
import { Nodes } from './nodes.js';
import { begin, FINAL, Registration } from './registration.js';
import { instanceKey, number, REGISTRATIONS_MAX, serviceKey, settle } from './settings.js';
import { HttpTransport } from './transport.js';

/** Options of `register` beside the path, and how the API spells them. */
const FIELDS = {
  port: 'port',
  securePort: 'secure_port',
  address: 'address',
  hostName: 'host_name',
  zone: 'zone',
  metadata: 'metadata',
};

/** Clients that cancel when the program ends by itself. */
const open = new Set();

function atEnd() {
  for (const client of open) client.close({ drainMs: 0 });
}

/** One service, as a caller sees it. Nothing is asked before the first `find` or `pick`. */
export class Service {
  #finder;
  #balancer;

  /** Made by `Client.service`. */
  constructor(name, finder, balancer) {
    /** The name in lower case. */
    this.name = name;
    this.#finder = finder;
    this.#balancer = balancer;
  }

  /** The list as it is known now: from memory, else disk, else the registry. Does not reject when nobody answers. */
  find() {
    return this.#finder.find(this.name);
  }

  /** The endpoint of the next call. Rejects with NoEndpointError when there is none. */
  async pick({ policy = 'round_robin', secure = false } = {}) {
    const listing = await this.find();
    return this.#balancer().pick(listing, policy, secure);
  }

  /** How a call ended; `ok`: it reached the endpoint in time, whatever the application said. */
  async report(endpoint, ok) {
    const listing = await this.find();
    this.#balancer().report(listing, typeof endpoint === 'string' ? endpoint : endpoint?.id, ok);
  }

  /** The ids that `pick` leaves out now. */
  async ejected() {
    const listing = await this.find();
    return this.#balancer().ejected(listing);
  }
}

/**
 * A client of one cluster. Its timers do not keep the program alive; a program that just ends cancels what it registered, but
 * `process.exit` does not wait for that: `close` first. Emits `warning` with a MusterError that the client healed itself.
 */
export class Client extends EventEmitter {
  #settings;
  #parts;
  #cache;
  #transport;
  #finder;
  #registrations = new Map();
  #balancers = new Map();
  #lastIncarnation = 0;
  #closing = null;

  /**
   * @param {object} options the settings: `nodes`, `cacheDir`, `pollMs`, …
   * @param {{transport?: object, clock?: Clock, random?: () => number}} parts what tests put in the place of the usual ones
   */
  constructor(options = {}, { transport, clock = new Clock(), random = Math.random } = {}) {
    super();
    this.#settings = settle(options);
    const warn = (error) => process.nextTick(() => this.emit('warning', error)); // a listener that throws does not hurt a task
    const nodes = new Nodes(this.#settings, clock, random);
    this.#transport = transport ?? new HttpTransport();
    this.#cache = new Cache(this.#settings.cacheDir, warn);
    const caller = new Caller(this.#settings, nodes, this.#transport, clock);
    this.#parts = { settings: this.#settings, caller, cache: this.#cache, clock, random, warn };
    this.#finder = new Finder(this.#parts);
    /** Its wall time can be shifted. */
    this.clock = clock;
  }

  /** What was given, and the defaults. */
  get settings() {
    return this.#settings;
  }

  // -------------------------------------------------------------------------------------- registering

  /**
   * Registers and keeps it so; `up()` of what is returned says that callers may come. Resolved by the first answer, or
   * after `readyTimeoutMs` without one: the client goes on trying. Rejects with the error of a node that refused it.
   * @param {object} options `service`, `instance`, and how it can be called; `fields` are further ones, as the API spells them
   * @returns {Promise<Registration>}
   */
  async register(options) {
    const made = this.#add(options ?? {});
    await begin(made, this.#finder.ready);
    if (FINAL.includes(made.state) && made.error) throw made.error;
    return made;
  }

  #add({ service, instance, status = 'STARTING', intervalS, durationS, fields = {}, ...rest }) {
    const names = { service: serviceKey(service), instance: instanceKey(instance) };
    const key = keyOf(names);
    this.#checkOpen();
    const before = this.#registrations.get(key);
    if (before && !FINAL.includes(before.state)) {
      throw new SettingError(`${instance} of ${service} is registered by this client; cancel it first, or set its status`);
    }
    const document = documentOf(rest, { interval_s: intervalS, duration_s: durationS }, fields);
    const incarnation = Math.max(this.clock.wall(), this.#lastIncarnation + 1, 1);
    const made = new Registration(this.#parts, { ...names, status, fields: document, incarnation });
    if (!before) this.#makeRoom();
    this.#lastIncarnation = incarnation;
    this.#registrations.set(key, made);
    this.#cancelAtEnd();
    return made;
  }

  #makeRoom() {
    if (this.#registrations.size < REGISTRATIONS_MAX) return;
    for (const [key, one] of this.#registrations) {
      if (FINAL.includes(one.state)) this.#registrations.delete(key);
    }
    if (this.#registrations.size >= REGISTRATIONS_MAX) {
      throw new LimitError(`a client keeps at most ${REGISTRATIONS_MAX} registrations; use a second client`);
    }
  }

  /** One that this client made. Throws SettingError when there is none. */
  registration(service, instance) {
    const found = this.#registrations.get(keyOf({ service: serviceKey(service), instance: instanceKey(instance) }));
    if (!found) throw new SettingError(`${instance} of ${service} is not registered by this client; register it first`);
    return found;
  }

  /** The address that would be registered, and why that one. */
  async whoami() {
    await this.#finder.ready;
    return choose(null, this.#parts.caller.nodes.home, this.#settings.connectTimeoutMs);
  }

  // ------------------------------------------------------------------------------------------ finding

  /** One service, to find and to choose. */
  service(name) {
    const key = serviceKey(name);
    return new Service(key, this.#finder, () => this.#balancer(key));
  }

  #balancer(key) {
    if (!this.#balancers.has(key)) this.#balancers.set(key, new Balancer(this.#settings, this.clock, this.#parts.random));
    return this.#balancers.get(key);
  }

  /** All nodes in their order, where they are from, and which is asked next. */
  async nodes() {
    await this.#finder.ready;
    const { nodes } = this.#parts.caller;
    return {
      nodes: nodes.order,
      configured: [...this.#settings.nodes],
      learnt: nodes.learnt,
      quarantined: Object.fromEntries(nodes.quarantined),
      current: nodes.next(),
    };
  }

  /** Counters since the start, and the last errors. */
  stats() {
    const { caller } = this.#parts;
    const { requests, failures, not_modified: notModified, polls, renewals, registrations } = caller.counts;
    return {
      requests,
      failures,
      notModified,
      polls,
      renewals,
      registrations,
      cacheWrites: this.#cache.writes,
      cacheErrors: this.#cache.errors,
      cacheIgnored: this.#cache.ignored,
      lastError: caller.lastError,
      lastCacheError: this.#cache.lastError,
    };
  }

  // ---------------------------------------------------------------------------------------------- end

  /**
   * Drains and cancels every registration at the same time, then stops. May be called again: the shorter drain counts.
   * @param {{drainMs?: number}} how
   */
  async close({ drainMs = this.#settings.drainMs } = {}) {
    number('drainMs', drainMs);
    const left = Promise.all([...this.#registrations.values()].map((one) => one.cancel({ drainMs })));
    this.#closing ??= this.#stop(left);
    await this.#closing;
  }

  async #stop(left) {
    await left;
    this.#finder.stop();
    this.#transport.close?.();
    await this.#finder.stopped();
    open.delete(this);
    if (!open.size) process.off('beforeExit', atEnd);
  }

  /**
   * From now on SIGTERM closes the client, and the program serves meanwhile; then `then` is called: by default the signal is
   * raised again, unless others listen to it. A second one acts at once.
   * @param {() => void} then
   */
  closeOnSigterm(then = raiseAgain) {
    process.once('SIGTERM', () => this.close().then(then));
  }

  #checkOpen() {
    if (this.#closing) throw new ClosedError('this client is closed; make a new one to register');
  }

  #cancelAtEnd() {
    if (!open.size) process.on('beforeExit', atEnd);
    open.add(this);
  }
}

function keyOf({ service, instance }) {
  return `${service}/${instance}`; // a service has no slash
}

function raiseAgain() {
  if (!process.listenerCount('SIGTERM')) process.kill(process.pid, 'SIGTERM');
}

/** The body of a registration. Whether the values are right is for the node to say. */
function documentOf(given, lease, fields) {
  const document = {};
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(FIELDS, name)) {
      throw new SettingError(
        `register knows no ${name}; it takes service, instance, status, intervalS, durationS, ` +
          `${Object.keys(FIELDS).join(', ')}, and all others of the API in fields`,
      );
    }
    if (value !== null) document[FIELDS[name]] = value;
  }
  try {
    return JSON.parse(JSON.stringify({ ...document, lease, ...fields })); // a copy: what the caller changes later does not count
  } catch (error) {
    throw new SettingError(
      `this registration cannot be written as JSON: ${error.message}; give texts, numbers and plain objects`,
    );
  }
}
