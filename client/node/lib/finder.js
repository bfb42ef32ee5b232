/** Finding: a task a service polls what was asked for; one more learns of nodes. Both write the cache. */
import { Latch, Pause, uniform } from './clock.js';
import { NODES_FILE } from './cache.js';
import { ClosedError, LimitError, MusterError } from './errors.js';
import { endpointsOf } from './listing.js';
import { SERVICES_MAX, serviceKey } from './settings.js';
import { View } from './view.js';

const EVENTS_LIMIT = 1000;
const POLLS_AT_ONCE = 8; // a client of many services does not open as many connections
const WRITES_APART_MS = 1000;

class Watch {
  /** Opened when there is a list, or when nobody needs to wait for one any more. */
  answered = new Latch();
  hasAnswer = false;

  constructor(service, settings, clock) {
    this.service = service;
    this.began = clock.now();
    this.view = new View(service, settings);
    this.pause = new Pause(clock);
  }
}

/** Its tasks end with `stop`. */
export class Finder {
  /** Resolved once the nodes of the last run are known. */
  ready;
  #parts;
  #settings;
  #caller;
  #cache;
  #clock;
  #warn;
  #watches = new Map();
  #tasks = new Set();
  #polls = new Set(); // that are under way
  #waiting = []; // tasks that wait until others have polled
  #look = null; // at the nodes: no poll begins meanwhile
  #isStopped = false;
  #peersPause;
  #looksAtPeers = false;
  #nodesDirty = false;
  #nodesWrittenAt = -Infinity;

  constructor(parts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#caller = parts.caller;
    this.#cache = parts.cache;
    this.#clock = parts.clock;
    this.#warn = parts.warn;
    this.#peersPause = new Pause(parts.clock);
    this.ready = this.#recall();
    this.#caller.heard = () => this.#heard();
  }

  async #recall() {
    const stored = await this.#cache.read(NODES_FILE, 'nodes');
    this.#caller.nodes.learn(stored?.nodes);
  }

  /** What is known now. The first look at a service waits when nothing is, for `readyTimeoutMs` at most. */
  async find(service) {
    const key = serviceKey(service);
    const watch = this.#watches.get(key) ?? this.#begin(key);
    await watch.first;
    return watch.view.listing(this.#clock.now());
  }

  #begin(key) {
    if (this.#isStopped) throw new ClosedError('this client is closed; make a new one to find services');
    if (this.#watches.size >= SERVICES_MAX) {
      throw new LimitError(`a client finds at most ${SERVICES_MAX} services; use a second client`);
    }
    const watch = new Watch(key, this.#settings, this.#clock);
    this.#watches.set(key, watch);
    watch.first = this.#firstLook(watch);
    return watch;
  }

  async #firstLook(watch) {
    await this.ready;
    await watch.view.read(this.#cache, this.#clock);
    this.#run(this.#watchOver(watch));
    if (watch.view.hasList) return;
    await watch.answered.within(this.#clock, watch.began + this.#settings.readyTimeoutMs - this.#clock.now());
  }

  /** Ends all tasks. What they were asking is not waited for, what they were writing is. */
  stop() {
    this.#isStopped = true;
    this.#peersPause.wake();
    for (const watch of this.#watches.values()) {
      watch.pause.wake();
      watch.answered.open();
    }
    this.#waiting.splice(0).forEach((go) => go());
  }

  /** Resolved once the tasks have ended and what is new is on disk. */
  async stopped() {
    await Promise.all(this.#tasks);
    for (const { view } of this.#watches.values()) {
      if (view.isDirty) await view.write(this.#cache, this.#clock);
    }
    await this.#writeNodes(true);
  }

  #run(task) {
    const kept = task
      .catch((error) => this.#warn(new MusterError(`a task of the client ended: ${error.message}; make a new client`)))
      .finally(() => this.#tasks.delete(kept));
    this.#tasks.add(kept);
  }

  // ---------------------------------------------------------------------------------------- polling

  async #watchOver(watch) {
    while (!this.#isStopped) {
      await this.#inTurn(() => this.#pollSafely(watch));
      const due = this.#clock.now() + this.#settings.pollMs * uniform(this.#parts.random, 0.8, 1.2);
      if (due > watch.began + this.#settings.readyTimeoutMs) watch.answered.open(); // the next one is too late for whoever waits
      if (watch.view.isWriteDue(this.#clock.now())) await watch.view.write(this.#cache, this.#clock);
      await watch.pause.rest(due - this.#clock.now());
    }
  }

  async #inTurn(poll) {
    await this.#look;
    if (this.#polls.size >= POLLS_AT_ONCE) await new Promise((resolve) => this.#waiting.push(resolve));
    if (this.#isStopped) return;
    const kept = poll();
    this.#polls.add(kept);
    await kept;
    this.#polls.delete(kept);
    this.#waiting.shift()?.();
  }

  async #pollSafely(watch) {
    try {
      await this.poll(watch.view);
      watch.answered.open();
    } catch (error) {
      if (!(error instanceof MusterError))
        this.#warn(new MusterError(`the list of ${watch.service} stays as it is: ${error.message}`));
    }
  }

  /** Asks for the list of one service; rejects when nobody answers. */
  async poll(view) {
    const { answer, endpoints } = await this.#ask(view, { tag: view.tag });
    this.#caller.counts.polls += 1;
    if (answer.status === 304) this.#caller.counts.not_modified += 1;
    else view.tag = tagOf(answer);
    const before = view.missing.length;
    const believed = await this.#settle(view, answer, endpoints);
    if (believed) view.take(believed, this.#clock.now());
    else view.keep(endpoints, this.#clock.now());
    if (view.missing.length > before) {
      this.#warn(
        new MusterError(
          `${view.missing.length} of ${view.service} are kept although the last answer lacks them and ` +
            `nobody says why; see whether ${answer.node} has the whole registry`,
        ),
      );
    }
  }

  /** The list to believe as it is; null: what the answer lacks is kept. */
  async #settle(view, answer, endpoints) {
    if (!view.isSharp(endpoints)) return endpoints;
    await this.#forget(view, answer.node, endpoints);
    if (!view.isSharp(endpoints)) return endpoints;
    const other = await this.#ask(view, { without: [answer.node], attempts: 1 }).catch(() => null);
    if (!other) return null;
    if (view.isSharp(other.endpoints)) {
      await this.#forget(view, other.answer.node, other.endpoints);
      if (!view.isSharp(endpoints)) return endpoints;
      if (view.isSharp(other.endpoints)) return null;
    }
    this.#warn(
      new MusterError(`${answer.node} lacks what ${other.answer.node} has of ${view.service}; it is left alone for a while`),
    );
    this.#caller.nodes.failed(answer.node, this.#clock.now());
    view.tag = tagOf(other.answer);
    return other.endpoints;
  }

  async #ask(view, how) {
    let found = new Map();
    const check = (answer) => {
      try {
        if (answer.status === 200) found = endpointsOf(answer.document);
        else if (answer.status !== 304) return `answered ${answer.status} to a look at a service`;
        return null;
      } catch (error) {
        return error.message;
      }
    };
    const answer = await this.#caller.ask('GET', `/v1/services/${encodeURIComponent(view.service)}`, {
      kinds: ['unknown-service'],
      check,
      giveUp: () => this.#isStopped,
      ...how,
    });
    return { answer, endpoints: answer.status === 304 ? view.answered : found };
  }

  async #forget(view, node, endpoints) {
    const path = `/v1/events?service=${encodeURIComponent(view.service)}&limit=${EVENTS_LIMIT}`;
    try {
      const { document } = await this.#caller.ask('GET', path, { only: node });
      view.forget(document, endpoints);
    } catch (error) {
      if (!(error instanceof MusterError)) throw error; // without events there is no reason
    }
  }

  // ------------------------------------------------------------------------------------------ nodes

  #heard() {
    if (this.#looksAtPeers || this.#isStopped) return;
    this.#looksAtPeers = true;
    this.#run(this.#lookAtPeers());
  }

  async #lookAtPeers() {
    while (!this.#isStopped) {
      this.#look = this.#lookOnce();
      const period = (await this.#look) ? this.#settings.peersMs : this.#settings.pollMs;
      await this.#writeNodes(false);
      await this.#peersPause.rest(period * uniform(this.#parts.random, 0.8, 1.2));
    }
  }

  /** Beside no poll, so that a node that begins to fail is not asked twice for one reason. Whether there was an answer. */
  async #lookOnce() {
    await Promise.all(this.#polls);
    const answer = await this.#caller.ask('GET', '/v1/peers', { giveUp: () => this.#isStopped }).catch(() => null);
    if (answer) this.#nodesDirty = this.#caller.nodes.learn(answer.document?.nodes, [answer.node]) || this.#nodesDirty;
    return answer !== null;
  }

  async #writeNodes(atOnce) {
    const now = this.#clock.now();
    if (!this.#nodesDirty || (!atOnce && now < this.#nodesWrittenAt + WRITES_APART_MS)) return;
    this.#nodesWrittenAt = now;
    this.#nodesDirty = !(await this.#cache.write(NODES_FILE, 'nodes', { nodes: this.#caller.nodes.learnt }));
  }
}

/** Of a list that does not exist there is no tag to ask with. */
function tagOf(answer) {
  const tag = answer.status === 200 ? answer.headers.etag : '';
  return typeof tag === 'string' ? tag : '';
}
