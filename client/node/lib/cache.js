/** The files that survive the process: one a service, and the nodes. Readable by the clients of all languages. */
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CacheError } from './errors.js';

const FORMAT = 1;
const FILE_BYTES_MAX = 64 * 1024 * 1024;
const SLUG_LENGTH = 60;
const NEW_LINE = 0x0a;

/** The file of the learnt nodes. */
export const NODES_FILE = 'nodes.jsonl';

/** @param {string} service in lower case */
export function fileName(service) {
  const slug = service.replace(/[^a-z0-9.-]/g, '_').slice(0, SLUG_LENGTH);
  return `service-${slug}-${sha256(service).slice(0, 16)}.jsonl`;
}

/** A folder, or none. Nothing here rejects: failures are counted, and told to `warn`. */
export class Cache {
  writes = 0;
  errors = 0;
  ignored = 0;
  lastError = null;
  #folder;
  #warn;

  /**
   * @param {string|null} folder
   * @param {(error: CacheError) => void} warn
   */
  constructor(folder, warn = () => {}) {
    this.#folder = folder;
    this.#warn = warn;
  }

  /** The document of a file, or null when there is none that can be trusted. */
  async read(name, kind) {
    if (!this.#folder) return null;
    const path = join(this.#folder, name);
    try {
      return unpack(await contentOf(path), kind);
    } catch (error) {
      if (error.code !== 'ENOENT') this.ignore(path, error);
      return null;
    }
  }

  /** Counts a file whose content is of no use. */
  ignore(what, error) {
    this.ignored += 1;
    this.#tell(`${what} is ignored, and written anew with the next answer: ${error.message}`);
  }

  /** Whether the file is written now. */
  async write(name, kind, document) {
    if (!this.#folder) return true;
    const fresh = join(this.#folder, `.${name}.${process.pid}.${randomBytes(4).toString('hex')}`);
    try {
      const content = pack(kind, document);
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeSynced(fresh, content);
      await rename(fresh, join(this.#folder, name));
      await syncFolder(this.#folder);
    } catch (error) {
      await unlink(fresh).catch(() => {});
      this.errors += 1;
      this.#tell(`cannot write ${name} in ${this.#folder}: ${error.message}; make room there or give another cacheDir`);
      return false;
    }
    this.writes += 1;
    return true;
  }

  #tell(text) {
    this.lastError = text;
    this.#warn(new CacheError(text));
  }
}

async function contentOf(path) {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe of that name must not hold us
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error('it is no file');
    if (found.size > FILE_BYTES_MAX) throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function writeSynced(path, content) {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path) {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The bytes of a file; throws when they are too many. */
export function pack(kind, document) {
  const body = Buffer.from(JSON.stringify(document));
  const head = { format: FORMAT, kind, bytes: body.length, sha256: sha256(body) };
  const whole = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body, Buffer.from('\n')]);
  if (whole.length > FILE_BYTES_MAX) throw new Error(`${whole.length} bytes are more than a cache file holds`);
  return whole;
}

/** The document; throws for anything but a whole file of this kind. */
export function unpack(content, kind) {
  const split = content.indexOf(NEW_LINE);
  const head = JSON.parse(content.subarray(0, Math.max(split, 0)).toString());
  if (head?.format !== FORMAT || head.kind !== kind) throw new Error(`it is no file of kind ${kind} and format ${FORMAT}`);
  const body = content.subarray(split + 1, -1);
  if (content[content.length - 1] !== NEW_LINE || head.bytes !== body.length || head.sha256 !== sha256(body)) {
    throw new Error('it is torn or damaged');
  }
  const document = JSON.parse(body.toString());
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw new Error('it holds no object');
  return document;
}

function sha256(content) {
  return createHash('sha256').update(content).digest('hex');
}
