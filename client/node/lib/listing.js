/** What a caller sees: endpoints and lists of them. Values that do not change. */

const WEIGHT = 100;
const WEIGHT_MAX = 10_000;
const WEIGHT_DIGITS_MAX = 9; // more are above the maximum anyway
const LEASE_S = 90; // of a document that does not say
const PORT_MAX = 65_535;

/** One instance of a service. */
export class Endpoint {
  /** @param {Record<string, any>} document as the API shows it; throws for what is no instance */
  constructor(document) {
    if (typeof document?.id !== 'string' || typeof document.status !== 'string') {
      throw new Error('an instance has no id or no status');
    }
    const text = (name) => (typeof document[name] === 'string' ? document[name] : null);
    const port = (name) =>
      Number.isInteger(document[name]) && document[name] > 0 && document[name] <= PORT_MAX ? document[name] : null;
    const seconds = document.lease?.duration_s;
    const metadata = isObject(document.metadata) ? document.metadata : {};
    this.id = document.id;
    this.status = document.status;
    this.address = text('address');
    this.port = port('port');
    this.securePort = port('secure_port');
    this.zone = text('zone');
    this.metadata = Object.freeze(Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)])));
    this.weight = weightOf(metadata);
    this.leaseMs = 1000 * (Number.isInteger(seconds) && seconds > 0 ? seconds : LEASE_S);
    // Not shown with the others: it says the same.
    Object.defineProperty(this, 'document', { value: document, enumerable: false });
    Object.freeze(this);
  }

  /** Whether it says that it is UP, and where it can be called. */
  isCallable(secure = false) {
    return this.status === 'UP' && Boolean(this.address) && (secure ? this.securePort : this.port) !== null;
  }
}

/** The endpoints of one service, sorted by id, and how good that knowledge is. */
export class Listing {
  /** @param {Omit<Listing, 'up'>} fields */
  constructor({ service, source, state, ageMs, missing, endpoints }) {
    this.service = service;
    this.source = source;
    this.state = state;
    this.ageMs = ageMs;
    this.missing = Object.freeze(missing);
    this.endpoints = Object.freeze(endpoints);
    Object.freeze(this);
  }

  /** Those that say that they are UP. */
  get up() {
    return this.endpoints.filter((one) => one.status === 'UP');
  }
}

/** By id; throws for what is no list of instances. */
export function endpointsOf(document) {
  if (!Array.isArray(document?.instances)) throw new Error('the answer is no list of instances');
  return new Map(document.instances.map((one) => [one?.id, new Endpoint(one)]));
}

function weightOf(metadata) {
  const text = Object.hasOwn(metadata, 'weight') ? String(metadata.weight) : '';
  const [, sign, digits] = /^([+-]?)0*(\d+)$/.exec(text) ?? [];
  if (digits === undefined) return WEIGHT;
  if (sign === '-') return 1;
  return digits.length > WEIGHT_DIGITS_MAX ? WEIGHT_MAX : Math.min(Math.max(Number(digits), 1), WEIGHT_MAX);
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The order of ids: that of their bytes in UTF-8, as in every language, which is not that of UTF-16. */
export function byBytes(a, b) {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    if (a[at] !== b[at]) return rank(a.charCodeAt(at)) - rank(b.charCodeAt(at));
  }
  return a.length - b.length;
}

function rank(unit) {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit; // halves of what lies beyond 16 bits
}
