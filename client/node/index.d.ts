/** A thin client of muster, a service registry. The standard library only. */
import { EventEmitter } from 'node:events';
import type { AgentOptions } from 'node:https';

/** The version of this package. */
export const version: string;

/** All durations are milliseconds. */
export interface Settings {
  /** URLs to begin with, at most 64, without a path. Default: `MUSTER_NODES`, else `http://127.0.0.1:8761`. */
  nodes: readonly string[];
  /** Orders the nodes. Default: 128 random bits. */
  clientId: string;
  /** Where lists and nodes are kept. Default: null, memory only. */
  cacheDir: string | null;
  /** Between polls of a service. Default: 5000. */
  pollMs: number;
  /** Between looks at the nodes. Default: 300000. */
  peersMs: number;
  /** Names are resolved within this time, too. Default: 500. */
  connectTimeoutMs: number;
  /** From the first to the last byte of a request. Default: 2000. */
  requestTimeoutMs: number;
  /** Back-off of writes. Default: 250. */
  retryMs: number;
  /** Of a node that failed once. Default: 1000. */
  quarantineMs: number;
  /** Of a node that failed often. Default: 60000. */
  quarantineMaxMs: number;
  /** How long the first look at a service, or `register`, waits for an answer. Default: 3000. */
  readyTimeoutMs: number;
  /** How long a loss that nobody explains is not believed. Default: 0, the lease duration of each. */
  holdMs: number;
  /** Failures in a row that eject an endpoint. Default: 3. */
  ejectAfter: number;
  /** Of the first ejection. Default: 10000. */
  ejectMs: number;
  /** Of the longest ejection. Default: 300000. */
  ejectMaxMs: number;
  /** How long OUT_OF_SERVICE shows before the cancel. Default: 6000. */
  drainMs: number;
  /** How long the cancel may take. Default: 2000. */
  stopTimeoutMs: number;
}

export type Status = 'UP' | 'DOWN' | 'STARTING' | 'OUT_OF_SERVICE' | 'UNKNOWN';
export type RegistrationState = 'registering' | 'registered' | 'refused' | 'replaced' | 'cancelled';
export type Policy = 'round_robin' | 'random';

export interface RegisterOptions {
  service: string;
  instance: string;
  port?: number | null;
  securePort?: number | null;
  /** Default: `MUSTER_ADDRESS`, else `POD_IP`, else that of the route to the registry. */
  address?: string | null;
  hostName?: string | null;
  zone?: string | null;
  metadata?: Record<string, string | number | boolean> | null;
  /** Default: STARTING. */
  status?: Status;
  /** Between heartbeats. Default: that of the node. */
  intervalS?: number;
  /** Of the lease. Default: that of the node. */
  durationS?: number;
  /** Further fields, as the API spells them. */
  fields?: Record<string, unknown>;
}

/** What a program holds of an instance that it registered. Emits `state`. */
export class Registration extends EventEmitter {
  private constructor();
  /** In lower case. */
  readonly service: string;
  readonly instance: string;
  /** The last three of its values are final. */
  get state(): RegistrationState;
  /** The status that is wanted. */
  get status(): Status;
  /** The last status that a node took. */
  get acknowledged(): Status | null;
  /** The number of this life; null until a node has given one. */
  get incarnation(): number | null;
  /** As the node recorded it. */
  get address(): string | null;
  /** Acknowledged heartbeats of this life. */
  get renewals(): number;
  /** The last error. */
  get error(): MusterError | null;
  /** What the instance says of itself from now on, sent until a node has taken it. Once it leaves nothing changes that. */
  setStatus(status: Status): void;
  /** Ready: callers may come. */
  up(): void;
  /** Leaves: OUT_OF_SERVICE for `drainMs`, then the cancel. Resolved once that is done; whether a node took it. */
  cancel(how?: { drainMs?: number }): Promise<boolean>;
  on(event: 'state', listener: (state: RegistrationState) => void): this;
  on(event: string | symbol, listener: (...values: any[]) => void): this;
  once(event: 'state', listener: (state: RegistrationState) => void): this;
  once(event: string | symbol, listener: (...values: any[]) => void): this;
}

/** One instance of a service. Frozen. */
export class Endpoint {
  private constructor();
  readonly id: string;
  readonly status: Status | (string & {});
  readonly address: string | null;
  readonly port: number | null;
  readonly securePort: number | null;
  readonly zone: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** 1 to 10000, from metadata `weight`; 100 when it says nothing. */
  readonly weight: number;
  readonly leaseMs: number;
  /** All that the API shows of it. */
  readonly document: Readonly<Record<string, unknown>>;
  /** Whether it says that it is UP, and where it can be called. */
  isCallable(secure?: boolean): boolean;
}

/** The endpoints of one service, sorted by id, and how good that knowledge is. Frozen. */
export class Listing {
  private constructor();
  /** In lower case. */
  readonly service: string;
  readonly source: 'registry' | 'disk' | 'none';
  readonly state: 'fresh' | 'stale' | 'cached_only' | 'never';
  /** Since a node last confirmed it; null when nobody can tell. */
  readonly ageMs: number | null;
  /** Ids that are kept, though the last answer lacks them. */
  readonly missing: readonly string[];
  readonly endpoints: readonly Endpoint[];
  /** Those that say that they are UP. */
  get up(): Endpoint[];
}

/** One service, as a caller sees it. Nothing is asked before the first `find` or `pick`. */
export class Service {
  private constructor();
  /** In lower case. */
  readonly name: string;
  /** The list as it is known now: from memory, else disk, else the registry. Does not reject when nobody answers. */
  find(): Promise<Listing>;
  /** The endpoint of the next call. Rejects with NoEndpointError when there is none. */
  pick(how?: { policy?: Policy; secure?: boolean }): Promise<Endpoint>;
  /** How a call ended; `ok`: it reached the endpoint in time, whatever the application said. */
  report(endpoint: Endpoint | string, ok: boolean): Promise<void>;
  /** The ids that `pick` leaves out now. */
  ejected(): Promise<string[]>;
}

export interface NodesShown {
  /** All, in their order. */
  nodes: string[];
  configured: string[];
  learnt: string[];
  /** URL: milliseconds left. */
  quarantined: Record<string, number>;
  /** Which the next request would go to; null when all asked for a delay. */
  current: string | null;
}

export interface Stats {
  requests: number;
  failures: number;
  notModified: number;
  polls: number;
  renewals: number;
  /** Acknowledged. */
  registrations: number;
  cacheWrites: number;
  cacheErrors: number;
  cacheIgnored: number;
  lastError: string | null;
  lastCacheError: string | null;
}

export interface TransportCall {
  method: string;
  /** URL without a path. */
  node: string;
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  body: string | null;
  connectMs: number;
  /** From now to the last byte of the answer. */
  totalMs: number;
}

export interface TransportResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
  body: Uint8Array;
}

/** What sends one request to one node. Rejects with TransportError when no answer was read in time. */
export interface Transport {
  request(call: TransportCall): Promise<TransportResponse>;
  close?(): void;
}

/** The usual transport. Options of TLS, as `{ ca }`, are for nodes with https. */
export class HttpTransport implements Transport {
  constructor(tls?: AgentOptions);
  request(call: TransportCall): Promise<TransportResponse>;
  close(): void;
}

/** Times in milliseconds. */
export class Clock {
  /** Added to the wall time. */
  shiftMs: number;
  /** Monotonic. */
  now(): number;
  /** Since 1970. */
  wall(): number;
  /** Calls `run` once, later; returns what takes that back. `hold`: the program lives on until then. */
  after(ms: number, run: () => void, hold?: boolean): () => void;
}

/**
 * A client of one cluster. Its timers do not keep the program alive; a program that just ends cancels what it registered, but
 * `process.exit` does not wait for that: `close` first. Emits `warning` with what the client healed itself.
 */
export class Client extends EventEmitter {
  /** `parts`: what tests put in the place of the usual ones. */
  constructor(options?: Partial<Settings>, parts?: { transport?: Transport; clock?: Clock; random?: () => number });
  /** Its wall time can be shifted. */
  readonly clock: Clock;
  /** What was given, and the defaults. */
  get settings(): Readonly<Settings>;
  /**
   * Registers and keeps it so; `up()` of what is returned says that callers may come. Resolved by the first answer, or
   * after `readyTimeoutMs` without one: the client goes on trying. Rejects with the error of a node that refused it.
   */
  register(options: RegisterOptions): Promise<Registration>;
  /** One that this client made. Throws SettingError when there is none. */
  registration(service: string, instance: string): Registration;
  /** The address that would be registered, and why that one. */
  whoami(): Promise<{ address: string | null; why: 'given' | 'MUSTER_ADDRESS' | 'POD_IP' | 'route' | 'caller' }>;
  /** One service, to find and to choose. */
  service(name: string): Service;
  /** All nodes in their order, where they are from, and which is asked next. */
  nodes(): Promise<NodesShown>;
  /** Counters since the start, and the last errors. */
  stats(): Stats;
  /** Drains and cancels every registration at the same time, then stops. May be called again: the shorter drain counts. */
  close(how?: { drainMs?: number }): Promise<void>;
  /**
   * From now on SIGTERM closes the client, and the program serves meanwhile; then `then` is called: by default the signal is
   * raised again, unless others listen to it. A second one acts at once.
   */
  closeOnSigterm(then?: () => void): void;
  on(event: 'warning', listener: (warning: MusterError) => void): this;
  on(event: string | symbol, listener: (...values: any[]) => void): this;
  once(event: 'warning', listener: (warning: MusterError) => void): this;
  once(event: string | symbol, listener: (...values: any[]) => void): this;
}

/** The base of all errors of this package. */
export class MusterError extends Error {
  constructor(message: string, code?: string);
  readonly code: string;
}

/** `ERR_MUSTER_SETTING`: a setting or an argument is wrong. */
export class SettingError extends MusterError {
  constructor(message: string);
}

/** `ERR_MUSTER_LIMIT`: a limit of the client; the text names it. */
export class LimitError extends MusterError {
  constructor(message: string);
}

/** `ERR_MUSTER_CLOSED`: the client was closed. */
export class ClosedError extends MusterError {
  constructor(message: string);
}

/** `ERR_MUSTER_NO_ENDPOINT`: there is nothing to pick. */
export class NoEndpointError extends MusterError {
  constructor(message: string);
}

/** `ERR_MUSTER_UNAVAILABLE`: no node answered. Everything goes on with what is known. */
export class UnavailableError extends MusterError {
  constructor(message: string);
}

/** `ERR_MUSTER_REFUSED`: a node said that the request is wrong; asking again, or elsewhere, does not help. */
export class RefusedError extends MusterError {
  constructor(status: number, kind: string, detail: string, field?: string | null);
  /** Of HTTP. */
  readonly status: number;
  /** The type of the problem without its prefix; empty when it is not one of muster's. */
  readonly kind: string;
  readonly detail: string;
  /** What is at fault, where the node says so. */
  readonly field: string | null;
}

/** `ERR_MUSTER_TRANSPORT`: one request to one node got no answer that can be read. */
export class TransportError extends MusterError {
  constructor(message: string);
}

/** `ERR_MUSTER_CACHE`: a cache file cannot be read or written; everything goes on in memory. */
export class CacheError extends MusterError {
  constructor(message: string);
}
