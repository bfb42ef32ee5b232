/** What goes wrong, in words that say what to do next. `code` is for programs. */

/** The base of all errors of this package. */
export class MusterError extends Error {
  /**
   * @param {string} message
   * @param {string} code
   */
  constructor(message, code = 'ERR_MUSTER') {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A setting or an argument is wrong. */
export class SettingError extends MusterError {
  /** @param {string} message */
  constructor(message) {
    super(message, 'ERR_MUSTER_SETTING');
  }
}

/** A limit of the client; the text names it. */
export class LimitError extends MusterError {
  /** @param {string} message */
  constructor(message) {
    super(message, 'ERR_MUSTER_LIMIT');
  }
}

/** The client was closed. */
export class ClosedError extends MusterError {
  /** @param {string} message */
  constructor(message) {
    super(message, 'ERR_MUSTER_CLOSED');
  }
}

/** There is nothing to pick. */
export class NoEndpointError extends MusterError {
  /** @param {string} message */
  constructor(message) {
    super(message, 'ERR_MUSTER_NO_ENDPOINT');
  }
}

/** No node answered. Everything goes on with what is known. */
export class UnavailableError extends MusterError {
  /** @param {string} message */
  constructor(message) {
    super(message, 'ERR_MUSTER_UNAVAILABLE');
  }
}

/** A node said that the request is wrong: asking again, or elsewhere, does not help. */
export class RefusedError extends MusterError {
  /**
   * @param {number} status of HTTP
   * @param {string} kind the type of the problem without its prefix; empty when it is not one of muster's
   * @param {string} detail
   * @param {string|null} field what is at fault, where the node says so
   */
  constructor(status, kind, detail, field = null) {
    super(kind ? `${status} ${kind}: ${detail}` : `${status}: ${detail}`, 'ERR_MUSTER_REFUSED');
    this.status = status;
    this.kind = kind;
    this.detail = detail;
    this.field = field;
  }
}

/** One request to one node got no answer that can be read. */
export class TransportError extends MusterError {
  /** @param {string} message */
  constructor(message) {
    super(message, 'ERR_MUSTER_TRANSPORT');
  }
}

/** A cache file cannot be read or written; everything goes on in memory. */
export class CacheError extends MusterError {
  /** @param {string} message */
  constructor(message) {
    super(message, 'ERR_MUSTER_CACHE');
  }
}
