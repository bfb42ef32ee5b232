/** One request to the cluster: node after node, and what their answers mean. */
import { RefusedError, UnavailableError } from './errors.js';

const ATTEMPTS_MAX = 3;
const PROBLEM = 'urn:muster:problem:';
const NODES_SHOWN = 3;

/**
 * A good answer, or a problem of muster's that is an answer, too.
 * @typedef {object} Answer
 * @property {string} node
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {any} document null when the body is empty or no JSON
 * @property {string} kind the type of the problem without its prefix, else empty
 */

/**
 * @typedef {object} Ask
 * @property {unknown} [document] the body
 * @property {string} [tag] for If-None-Match
 * @property {string[]} [kinds] problems that are answers
 * @property {(answer: Answer) => string|null} [check] what is wrong with a good answer, if anything
 * @property {string|null} [only] this node and no other
 * @property {string[]} [without] not these
 * @property {number} [attempts]
 * @property {number} [deadline] monotonic; no request lasts longer
 * @property {() => boolean} [giveUp] whether the next node is not asked any more
 */

/** Counts what it does. `heard` is called after each answer. */
export class Caller {
  counts = { requests: 0, failures: 0, not_modified: 0, polls: 0, renewals: 0, registrations: 0 };
  lastError = null;
  heard = () => {};
  #settings;
  #transport;
  #clock;

  constructor(settings, nodes, transport, clock) {
    this.nodes = nodes;
    this.#settings = settings;
    this.#transport = transport;
    this.#clock = clock;
  }

  /**
   * Rejects with RefusedError when the request is wrong, UnavailableError when no node answered.
   * @param {string} method
   * @param {string} path
   * @param {Ask} how
   * @returns {Promise<Answer>}
   */
  async ask(method, path, how = {}) {
    const { only = null, without = [], attempts = ATTEMPTS_MAX, deadline = Infinity, giveUp = () => false } = how;
    const tried = new Set(without);
    let reason = '';
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const node = only ?? this.nodes.next(tried);
      const left = deadline - this.#clock.now();
      if (giveUp() || left <= 0) {
        reason = reason && `${reason}, and there was no time for another`;
        break;
      }
      if (node === null || this.nodes.asksForDelay(node)) {
        reason ||= 'all that are left asked for a delay; the next request goes out when that is over';
        break;
      }
      tried.add(node);
      const { answer, fault } = await this.#askOne(node, method, path, how, left);
      if (answer) return answer;
      reason = fault;
      if (only) break;
    }
    throw new UnavailableError(
      `no node answered ${method} ${path} (${reason || 'there was no time left'}); check that one of ` +
        `${this.nodes.order.slice(0, NODES_SHOWN).join(', ')} runs and can be reached`,
    );
  }

  async #askOne(node, method, path, { document, tag, kinds = [], check = () => null }, left) {
    const headers = { Accept: 'application/json' };
    const body = document === undefined ? null : JSON.stringify(document);
    if (body !== null) headers['Content-Type'] = 'application/json';
    if (tag) headers['If-None-Match'] = tag;
    this.counts.requests += 1;
    const began = this.#clock.now();
    this.nodes.asked(node);
    let response = null;
    let judged;
    try {
      response = await this.#transport.request({
        method,
        node,
        path,
        headers,
        body,
        connectMs: this.#settings.connectTimeoutMs,
        totalMs: Math.min(this.#settings.requestTimeoutMs, left),
      });
      judged = judge(node, response, Boolean(tag));
      const wrong = judged.answer && judged.answer.status < 400 ? check(judged.answer) : null;
      if (wrong) judged = { answer: null, fault: `${node}: ${wrong}` };
    } catch (error) {
      judged = { answer: null, fault: error.message };
    }
    const { answer, fault } = judged;
    if (!answer) {
      this.counts.failures += 1;
      this.lastError = fault;
      this.nodes.failed(node, began, delayOf(response));
      return { answer: null, fault };
    }
    this.nodes.succeeded(node);
    this.heard();
    if (answer.status >= 400 && !kinds.includes(answer.kind)) throw refusal(answer);
    return { answer, fault: '' };
  }
}

function delayOf(response) {
  return response && [429, 503].includes(response.status) ? response.headers['retry-after'] : undefined;
}

function refusal({ status, kind, document }) {
  const text = (name) => (typeof document?.[name] === 'string' ? document[name] : null);
  return new RefusedError(status, kind, text('detail') ?? 'the node gave no reason', text('field'));
}

/** The answer, or why this is a failure of the node. */
export function judge(node, response, tagged) {
  const { status, headers } = response;
  const { document, broken } = parsed(response.body);
  if (broken && status < 400) return { answer: null, fault: `${node}: the answer is no JSON` };
  const type = status >= 400 && typeof document?.type === 'string' ? document.type : '';
  const known = type.startsWith(PROBLEM);
  if (status < 200 || (status >= 300 && status < 400 && !(status === 304 && tagged))) {
    return { answer: null, fault: `${node}: answered ${status}; give the URL of the node itself` };
  }
  if ([408, 429].includes(status) || status >= 500 || ([404, 409, 410].includes(status) && !known)) {
    const detail = typeof document?.detail === 'string' ? ` ${document.detail}` : '';
    return { answer: null, fault: `${node}: answered ${status}${detail}` };
  }
  return { answer: { node, status, headers, document, kind: known ? type.slice(PROBLEM.length) : '' }, fault: '' };
}

function parsed(body) {
  if (!body.length) return { document: null, broken: false };
  try {
    return { document: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)), broken: false };
  } catch {
    return { document: null, broken: true };
  }
}
