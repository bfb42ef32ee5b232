/** Which node is asked: the order of a client, quarantine, and the nodes that others told of. */
import { createHash } from 'node:crypto';
import { uniform } from './clock.js';
import { NODES_MAX, nodeUrl } from './settings.js';

const RETRY_AFTER_MAX_S = 300;
const DOUBLINGS_MAX = 30; // far above every maximum, and no number grows without end

/** Told the time by its clock; sends nothing. */
export class Nodes {
  #settings;
  #clock;
  #random;
  #order = [];
  #learnt = [];
  /** url: failures in a row, from when, until when; `askedUntil`: a delay that the node itself wants; `isTried`: see `asked`. */
  #quarantine = new Map();

  constructor(settings, clock, random) {
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
    this.#arrange();
  }

  #arrange() {
    const rank = (url) => createHash('sha256').update(`${this.#settings.clientId} ${url}`).digest('hex');
    const ranked = [...new Set([...this.#settings.nodes, ...this.#learnt])].map((url) => [rank(url), url]);
    this.#order = ranked.sort(([a], [b]) => (a < b ? 1 : -1)).map(([, url]) => url);
    for (const url of this.#quarantine.keys()) {
      if (!this.#order.includes(url)) this.#quarantine.delete(url);
    }
  }

  /**
   * Takes these in place of those learnt before, unless there is none; true when that changed something.
   * @param {unknown} urls what a node or a file names
   * @param {string[]} besides the node that said so
   */
  learn(urls, besides = []) {
    const found = new Set();
    for (const url of Array.isArray(urls) ? urls : []) {
      if (found.size >= NODES_MAX) break;
      try {
        found.add(nodeUrl(url));
      } catch {
        continue; // one wrong entry does not spoil the others
      }
    }
    if (!found.size) return false;
    const learnt = [...new Set([...besides, ...found])].slice(0, NODES_MAX).sort();
    if (learnt.join() === this.#learnt.join()) return false;
    this.#learnt = learnt;
    this.#arrange();
    return true;
  }

  /**
   * The node that a request goes to, or null when those that are left asked for a delay.
   * @param {Set<string>} tried
   */
  next(tried = new Set()) {
    const now = this.#clock.now();
    let first = null;
    for (const url of this.#order) {
      if (tried.has(url)) continue;
      const kept = this.#quarantine.get(url);
      if (!kept || (kept.until <= now && !kept.isTried)) return url;
      if (kept.askedUntil <= now && (first === null || kept.until < this.#quarantine.get(first).until)) first = url;
    }
    return first;
  }

  /** A request is sent to this node. After a quarantine one alone finds out whether it is well again; others go elsewhere. */
  asked(url) {
    const kept = this.#quarantine.get(url);
    if (kept && kept.until <= this.#clock.now()) kept.isTried = true;
  }

  /** Whether this node asked for a delay that is not over. */
  asksForDelay(url) {
    return (this.#quarantine.get(url)?.askedUntil ?? 0) > this.#clock.now();
  }

  /**
   * A request to this node failed. Of requests that were under way together the first failure counts alone.
   * @param {string} url
   * @param {number} began when the request was sent
   * @param {string|undefined} retryAfter the header of a 429 or 503
   */
  failed(url, began, retryAfter) {
    if (!this.#order.includes(url)) return; // forgotten while it was asked
    const now = this.#clock.now();
    const kept = this.#quarantine.get(url) ?? { failures: 0, since: -Infinity, until: 0, askedUntil: 0, isTried: false };
    this.#quarantine.set(url, kept);
    if (began >= kept.since) {
      kept.isTried = false;
      kept.failures = Math.min(kept.failures + 1, DOUBLINGS_MAX);
      kept.since = now;
      const length = Math.min(this.#settings.quarantineMs * 2 ** (kept.failures - 1), this.#settings.quarantineMaxMs);
      kept.until = Math.max(now + length * uniform(this.#random, 0.5, 1), kept.askedUntil);
    }
    if (/^\s*\d+\s*$/.test(retryAfter ?? '')) {
      const asked = Math.min(Number(retryAfter), RETRY_AFTER_MAX_S) * 1000 * uniform(this.#random, 1, 1.2);
      kept.askedUntil = Math.max(now + asked, kept.askedUntil);
      kept.until = Math.max(kept.until, kept.askedUntil);
    }
  }

  /** A request to this node succeeded. A delay that it asked for is kept all the same. */
  succeeded(url) {
    if (this.asksForDelay(url)) Object.assign(this.#quarantine.get(url), { failures: 0, isTried: false });
    else this.#quarantine.delete(url);
  }

  get home() {
    return this.#order[0];
  }

  get order() {
    return [...this.#order];
  }

  get learnt() {
    return [...this.#learnt];
  }

  /** How many milliseconds each has left: `[url, ms]`. */
  get quarantined() {
    const now = this.#clock.now();
    return [...this.#quarantine].filter(([, kept]) => kept.until > now).map(([url, kept]) => [url, kept.until - now]);
  }
}
