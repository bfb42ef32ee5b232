/** Settings with their defaults, and names as they are compared; the page of the clients says what each setting does. */
import { randomBytes } from 'node:crypto';
import { SettingError } from './errors.js';

/** Configured ones, and as many learnt ones. */
export const NODES_MAX = 64;
/** Of one client, those that are over not counted when room is needed. */
export const REGISTRATIONS_MAX = 64;
/** That one client finds. */
export const SERVICES_MAX = 256;
/** Of a body. */
export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

const DEFAULT_NODE = 'http://127.0.0.1:8761';
const STATUSES = ['UP', 'DOWN', 'STARTING', 'OUT_OF_SERVICE', 'UNKNOWN'];
const NODE = /^https?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i;
const SERVICE = /^[ -~]{1,255}$/;
const NOT_IN_SERVICE = /[/\\?#%]/;
const CONTROL = /[\u0000-\u001f\u007f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const INSTANCE_BYTES_MAX = 512;
const NUMBER_MAX = 1e10;

/** The numbers with their defaults and the least that works. Milliseconds, but for `ejectAfter`. */
const NUMBERS = {
  pollMs: [5000, 1],
  peersMs: [300_000, 1],
  connectTimeoutMs: [500, 1],
  requestTimeoutMs: [2000, 1],
  retryMs: [250, 1],
  quarantineMs: [1000, 1],
  quarantineMaxMs: [60_000, 1],
  readyTimeoutMs: [3000, 0],
  holdMs: [0, 0],
  ejectAfter: [3, 1],
  ejectMs: [10_000, 1],
  ejectMaxMs: [300_000, 1],
  drainMs: [6000, 0],
  stopTimeoutMs: [2000, 1],
};

/**
 * All settings, frozen: what is given, else the defaults.
 * @param {Record<string, unknown>} options
 * @param {Record<string, string|undefined>} environment
 */
export function settle(options = {}, environment = process.env) {
  const { nodes, clientId = randomBytes(16).toString('hex'), cacheDir = null, ...rest } = options;
  if (typeof clientId !== 'string') throw new SettingError('clientId is no text; give one, or leave it out');
  if (cacheDir !== null && (typeof cacheDir !== 'string' || !cacheDir)) {
    throw new SettingError('cacheDir is no path; give that of a folder, or leave it out to keep lists in memory');
  }
  const found = { nodes: nodesOf(nodes ?? environmentNodes(environment)), clientId, cacheDir };
  for (const [name, [usual, least]] of Object.entries(NUMBERS)) {
    found[name] = number(name, rest[name] ?? usual, least);
    delete rest[name];
  }
  for (const name of Object.keys(rest)) {
    throw new SettingError(`there is no setting ${name}; there are ${Object.keys(found).join(', ')}`);
  }
  return Object.freeze(found);
}

/**
 * A number as a setting takes it.
 * @param {string} name
 * @param {unknown} value
 * @param {number} least
 */
export function number(name, value, least = 0) {
  if (typeof value !== 'number' || !(value >= least && value < NUMBER_MAX)) {
    throw new SettingError(`${name} is ${shown(value)}; give a number of at least ${least}`);
  }
  return value;
}

function environmentNodes(environment) {
  const named = (environment.MUSTER_NODES ?? '').split(',').filter((part) => part.trim());
  return named.length ? named : [DEFAULT_NODE];
}

function nodesOf(given) {
  if (!Array.isArray(given)) throw new SettingError("nodes is a list of URLs: nodes: ['http://HOST:PORT']");
  const nodes = [...new Set(given.map(nodeUrl))];
  if (nodes.length < 1 || nodes.length > NODES_MAX) {
    throw new SettingError(`nodes has ${nodes.length} URLs; give 1 to ${NODES_MAX}`);
  }
  return Object.freeze(nodes);
}

/**
 * The URL of a node as it is compared: without a trailing slash.
 * @param {unknown} text
 */
export function nodeUrl(text) {
  const url = typeof text === 'string' ? text.trim().replace(/\/$/, '') : '';
  if (!NODE.test(url) || !parses(url)) {
    throw new SettingError(`${shown(text)} is no URL of a node; write http://HOST:PORT, without a path`);
  }
  return url;
}

function parses(url) {
  try {
    return Boolean(new URL(url));
  } catch {
    return false;
  }
}

/**
 * The name of a service as it is compared: lower case.
 * @param {unknown} service
 */
export function serviceKey(service) {
  if (
    typeof service !== 'string' ||
    !SERVICE.test(service) ||
    NOT_IN_SERVICE.test(service) ||
    isDots(service) ||
    service !== service.trim()
  ) {
    throw new SettingError(
      `${shown(service)} is no name of a service; ` + 'give 1 to 255 printable ASCII characters, none of / \\ ? # %',
    );
  }
  return service.toLowerCase();
}

/**
 * The id of an instance, as it is.
 * @param {unknown} instance
 */
export function instanceKey(instance) {
  if (
    typeof instance !== 'string' ||
    !instance ||
    isDots(instance) ||
    CONTROL.test(instance) ||
    LONE_SURROGATE.test(instance) ||
    Buffer.byteLength(instance) > INSTANCE_BYTES_MAX
  ) {
    throw new SettingError(
      `${shown(instance)} is no id of an instance; ` + `give 1 to ${INSTANCE_BYTES_MAX} bytes without control characters`,
    );
  }
  return instance;
}

function isDots(name) {
  return name === '.' || name === '..';
}

/**
 * What an instance may say of itself.
 * @param {unknown} status
 */
export function statusOf(status) {
  if (!STATUSES.includes(status)) {
    throw new SettingError(`${shown(status)} is no status; give one of ${STATUSES.join(', ')}`);
  }
  return status;
}

const SHOWN_MAX = 80;

/** A value in a message: never long, never failing. */
export function shown(value) {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
