#!/usr/bin/env node
/** The client behind lines of JSON, for the kit in tests/functional/thin_clients, whose page has the verbs. */
import { Client, MusterError, SettingError, version } from '../index.js';

const LINE_BYTES_MAX = 1 << 20;
const COUNT_MAX = 10_000;
const NEW_LINE = 0x0a;
const TEXT_OPTIONS = { '--cache': 'cacheDir', '--client-id': 'clientId' };

const camel = (name) => name.replace(/[-_]([a-z])/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const told = ({ service, instance, state, status, acknowledged, incarnation, address, renewals, error }) => ({
  service,
  instance,
  state,
  status,
  acknowledged,
  incarnation,
  address,
  renewals,
  error: error?.message ?? null,
});

const shown = ({ id, status, address, port, securePort, weight, metadata }) => ({
  id,
  status,
  address,
  port,
  secure_port: securePort,
  weight,
  metadata,
});

/** verb: its arguments, those that may be absent with a question mark, and what it does. */
const verbs = {
  hello: [[], () => ({ language: 'node', version })],
  register: [
    ['service', 'instance', 'port?', 'address?', 'zone?', 'metadata?', 'status?', 'interval_s?', 'duration_s?'],
    register,
  ],
  registration: [['service', 'instance'], (client, { service, instance }) => told(client.registration(service, instance))],
  status: [
    ['service', 'instance', 'status'],
    (client, { service, instance, status }) => {
      const one = client.registration(service, instance);
      one.setStatus(status);
      return told(one);
    },
  ],
  cancel: [
    ['service', 'instance', 'drain_ms?'],
    async (client, { service, instance, drain_ms: drainMs = 0 }) => {
      const one = client.registration(service, instance);
      await one.cancel({ drainMs });
      return told(one);
    },
  ],
  find: [
    ['service'],
    async (client, { service }) => {
      const { service: name, source, state, ageMs, missing, endpoints } = await client.service(service).find();
      return { service: name, source, state, age_ms: ageMs, missing, instances: endpoints.map(shown) };
    },
  ],
  pick: [
    ['service', 'policy?', 'count?', 'secure?'],
    async (client, { service, policy, count, secure }) => {
      const picks = [];
      for (let left = counted(count); left > 0; left -= 1) {
        picks.push((await client.service(service).pick({ policy, secure })).id);
      }
      return { picks };
    },
  ],
  report: [
    ['service', 'instance', 'success', 'count?'],
    async (client, { service, instance, success, count }) => {
      if (typeof success !== 'boolean') throw new SettingError('success is true or false');
      for (let left = counted(count); left > 0; left -= 1) await client.service(service).report(instance, success);
      return { ejected: await client.service(service).ejected() };
    },
  ],
  nodes: [[], (client) => client.nodes()],
  stats: [[], (client) => Object.fromEntries(Object.entries(client.stats()).map(([name, value]) => [snake(name), value]))],
  clock: [
    ['shift_ms'],
    (client, { shift_ms: shiftMs }) => {
      if (!Number.isFinite(shiftMs)) throw new SettingError('shift_ms is a number of milliseconds');
      client.clock.shiftMs = shiftMs;
      return { now_ms: client.clock.wall() };
    },
  ],
  whoami: [[], (client) => client.whoami()],
  exit: [['drain_ms?'], (client, { drain_ms: drainMs }) => client.close({ drainMs })],
};

async function register(client, given) {
  const options = Object.fromEntries(Object.entries(given).map(([name, value]) => [camel(name), value]));
  const before = known(client, given);
  try {
    return told(await client.register(options));
  } catch (error) {
    const made = known(client, given);
    if (!made || made === before) throw error;
    return told(made); // refused: that is a state
  }
}

function known(client, { service, instance }) {
  try {
    return client.registration(service, instance);
  } catch {
    return null;
  }
}

function counted(count = 1) {
  if (!Number.isInteger(count) || count < 1 || count > COUNT_MAX)
    throw new SettingError(`count is ${count}; give 1 to ${COUNT_MAX}`);
  return count;
}

function parsed(line) {
  let request = null;
  try {
    request = JSON.parse(line.toString());
  } catch {
    // told below
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw new SettingError('a line is one object of JSON: {"id": 1, "do": "hello"}');
  }
  return request;
}

function checked(verb, names, given) {
  const known = names.map((name) => name.replace('?', ''));
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new SettingError(`${verb} takes no ${unknown}; it takes ${known.join(', ') || 'nothing'}`);
  const absent = names.find((name) => !name.endsWith('?') && given[name] === undefined);
  if (absent) throw new SettingError(`${verb} wants ${absent}`);
}

async function answer(client, line) {
  let id = null;
  try {
    if (line === null) throw new SettingError(`a line has more than ${LINE_BYTES_MAX} bytes; split the request`);
    const { id: number = null, do: verb, ...given } = parsed(line);
    id = number;
    if (!Object.hasOwn(verbs, verb))
      throw new SettingError(`there is no verb ${verb}; see tests/functional/thin_clients/README.md`);
    const [names, act] = verbs[verb];
    for (const name of Object.keys(given)) {
      if (given[name] === null) delete given[name];
    }
    checked(verb, names, given);
    return { verb, said: { id, ok: true, ...(await act(client, given)) } };
  } catch (error) {
    if (!(error instanceof MusterError || error instanceof TypeError)) throw error;
    return { verb: null, said: { id, ok: false, error: error.message } };
  }
}

/** Lines without their ends; null for one that is too long. */
async function* linesOf(input) {
  let kept = [];
  let bytes = 0;
  const line = () => (bytes > LINE_BYTES_MAX ? null : Buffer.concat(kept));
  for await (let chunk of input) {
    for (let end = chunk.indexOf(NEW_LINE); chunk.length; end = chunk.indexOf(NEW_LINE)) {
      const part = end < 0 ? chunk : chunk.subarray(0, end);
      bytes += part.length;
      if (bytes <= LINE_BYTES_MAX) kept.push(part);
      if (end < 0) break;
      yield line();
      [kept, bytes] = [[], 0];
      chunk = chunk.subarray(end + 1);
    }
  }
  if (bytes) yield line();
}

function settingsOf(words) {
  const found = {};
  for (let at = 0; at < words.length; at += 2) {
    const [name, value] = [words[at], words[at + 1]];
    if (value === undefined) throw new SettingError(`${name} wants a value`);
    if (name === '--node') found.nodes = [...(found.nodes ?? []), value];
    else if (Object.hasOwn(TEXT_OPTIONS, name)) found[TEXT_OPTIONS[name]] = value;
    else if (/^--[a-z]+(-[a-z]+)*$/.test(name)) found[camel(name.slice(2))] = Number(value);
    else throw new SettingError(`unknown option ${name}; see client/README.md for the settings`);
  }
  return found;
}

function opened() {
  try {
    return new Client(settingsOf(process.argv.slice(2)));
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return process.exit(2);
  }
}

const client = opened();
client.on('warning', (warning) => process.stderr.write(`${warning.message}\n`));
client.closeOnSigterm(() => process.exit(0));
await client.nodes(); // those of the last run are read
for await (const line of linesOf(process.stdin)) {
  const { verb, said } = await answer(client, line);
  process.stdout.write(`${JSON.stringify(said)}\n`);
  if (verb === 'exit') break;
}
await client.close();
process.exit(0);
