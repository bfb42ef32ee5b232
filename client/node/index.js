/** A thin client of muster, a service registry. The standard library only. */
export { Client, Service } from './lib/client.js';
export { Clock } from './lib/clock.js';
export {
  CacheError,
  ClosedError,
  LimitError,
  MusterError,
  NoEndpointError,
  RefusedError,
  SettingError,
  TransportError,
  UnavailableError,
} from './lib/errors.js';
export { Endpoint, Listing } from './lib/listing.js';
export { Registration } from './lib/registration.js';
export { HttpTransport } from './lib/transport.js';

/** The version of this package. */
export const version = '0.1.0';
