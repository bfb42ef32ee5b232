/** The address that an instance registers with. */
import dgram from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/**
 * The address and why it is that: `given`, `MUSTER_ADDRESS`, `POD_IP`, `route`; or null and `caller`: the node
 * records where the request comes from.
 * @param {string|undefined|null} given
 * @param {string} node
 * @param {number} timeoutMs how long the name of the node may take to be resolved
 * @param {Record<string, string|undefined>} environment
 * @returns {Promise<{address: string|null, why: string}>}
 */
export async function choose(given, node, timeoutMs, environment = process.env) {
  if (given) return { address: given, why: 'given' };
  for (const name of ['MUSTER_ADDRESS', 'POD_IP']) {
    if (environment[name]) return { address: environment[name], why: name };
  }
  const address = await route(node, timeoutMs);
  return address ? { address, why: 'route' } : { address: null, why: 'caller' };
}

/** The source address of a packet to this node: a UDP socket is connected, nothing is sent. */
async function route(node, timeoutMs) {
  const url = new URL(node);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, timeoutMs, null);
  });
  try {
    const found = family ? { address: host, family } : await Promise.race([lookup(host), late]);
    return found && (await Promise.race([source(found, port), late]));
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

function source({ address, family }, port) {
  const socket = dgram.createSocket(family === 6 ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(port, address, () => resolve(socket.address().address.split('%')[0]));
  }).finally(() => socket.close());
}
