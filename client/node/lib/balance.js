/** Choosing among the endpoints of one service: by weight, without those whose calls fail. */
import { uniform } from './clock.js';
import { NoEndpointError, SettingError } from './errors.js';
import { byBytes } from './listing.js';
import { shown } from './settings.js';

const DOUBLINGS_MAX = 30;
const POLICIES = ['round_robin', 'random'];

/** What it remembers is of ids that are listed. */
export class Balancer {
  #settings;
  #clock;
  #random;
  #credit = new Map();
  #calls = new Map();

  constructor(settings, clock, random) {
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
  }

  /** Throws NoEndpointError when there is none. */
  pick(listing, policy = 'round_robin', secure = false) {
    if (!POLICIES.includes(policy)) throw new SettingError(`${shown(policy)} is no policy; give one of ${POLICIES.join(', ')}`);
    const candidates = listing.endpoints.filter((one) => one.isCallable(secure));
    if (!candidates.length) throw new NoEndpointError(whyNone(listing, secure));
    this.#prune(listing);
    const out = this.#out(candidates);
    const usable = candidates.filter((one) => !out.has(one.id));
    return policy === 'random' ? this.#byChance(usable) : this.#smooth(usable);
  }

  /** How a call ended. Ids that are not listed are nobody's. */
  report(listing, id, ok) {
    if (!listing.endpoints.some((one) => one.id === id)) return;
    const now = this.#clock.now();
    const kept = this.#calls.get(id) ?? { failures: 0, ejections: 0, at: 0, until: 0 };
    if (kept.until > now) return; // of calls that had begun before
    if (ok) {
      this.#calls.delete(id);
      return;
    }
    this.#calls.set(id, kept);
    kept.failures += 1;
    if (kept.failures < (kept.ejections ? 1 : this.#settings.ejectAfter)) return;
    kept.failures = 0;
    kept.ejections = Math.min(kept.ejections + 1, DOUBLINGS_MAX);
    const length = Math.min(this.#settings.ejectMs * 2 ** (kept.ejections - 1), this.#settings.ejectMaxMs);
    kept.at = now;
    kept.until = now + length * uniform(this.#random, 0.8, 1.2);
  }

  /** The ids that are left out now, sorted. */
  ejected(listing, secure = false) {
    return [...this.#out(listing.endpoints.filter((one) => one.isCallable(secure)))].sort(byBytes);
  }

  #out(candidates) {
    const now = this.#clock.now();
    const out = candidates.map((one) => [one.id, this.#calls.get(one.id)]).filter(([, kept]) => kept && kept.until > now);
    out.sort(([, a], [, b]) => b.at - a.at || b.until - a.until);
    return new Set(out.slice(0, Math.floor(candidates.length / 2)).map(([id]) => id));
  }

  #prune(listing) {
    if (this.#credit.size + this.#calls.size <= listing.endpoints.length) return;
    const listed = new Set(listing.endpoints.map((one) => one.id));
    for (const kept of [this.#credit, this.#calls]) {
      for (const id of kept.keys()) {
        if (!listed.has(id)) kept.delete(id);
      }
    }
  }

  /** Smooth weighted round robin: of weights 5, 1, 1 the turns are a a b a c a a. */
  #smooth(usable) {
    let total = 0;
    let best = usable[0];
    for (const one of usable) {
      total += one.weight;
      this.#credit.set(one.id, (this.#credit.get(one.id) ?? 0) + one.weight);
      if (this.#credit.get(one.id) > this.#credit.get(best.id)) best = one;
    }
    this.#credit.set(best.id, this.#credit.get(best.id) - total);
    return best;
  }

  #byChance(usable) {
    let left = this.#random() * usable.reduce((sum, one) => sum + one.weight, 0);
    return usable.find((one) => (left -= one.weight) < 0) ?? usable[usable.length - 1];
  }
}

function whyNone(listing, secure) {
  const begin = `nothing to pick of ${listing.service}: `;
  if (!listing.endpoints.length) {
    return begin + (listing.state === 'never' ? 'no node has answered yet; check the nodes' : 'it has no instances; start some');
  }
  if (!listing.up.length) {
    return `${begin}none of its ${listing.endpoints.length} instances is UP; see GET /v1/services/${listing.service}`;
  }
  return `${begin}none of its UP instances has an address and a ${secure ? 'secure_port' : 'port'}; register them with one`;
}
