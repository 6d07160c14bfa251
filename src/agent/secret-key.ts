import { createHmac, randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFoldersSync } from '../models/make-folders.ts';
import { SecretError } from '../targets/endpoint/secret.ts';

/** Names a file that holds the key, in place of this user's own. */
const KEY_FILE = 'LOADCELL_SECRET_KEY_FILE';
const KEY_BYTES = 32;
const LEAST_BYTES = 16;
const KEY_ID_DIGITS = 8;
const DIGEST_DIGITS = 32;

/** What secrets are told apart by without being told: a key that stays with the agent and is in no result. */
export class SecretKey {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** `hmac-sha256:<key>:<digest>`: equal where the key and the secret are; unequal keys tell nothing of the secrets. */
  digest(secret: string): string {
    return `hmac-sha256:${this.#of('key', '').slice(0, KEY_ID_DIGITS)}:${this.#of('secret', secret).slice(0, DIGEST_DIGITS)}`;
  }

  /** What nobody without the key can guess, always the same for the same name: 64 hexadecimal digits. */
  tokenFor(name: string): string {
    return this.#of('token', name);
  }

  /** `purpose` keeps digests of the one kind from being taken for the other. */
  #of(purpose: 'key' | 'secret' | 'token', text: string): string {
    return createHmac('sha256', this.#key).update(`loadcell ${purpose}\0`).update(text).digest('hex');
  }
}

/**
 * The key of the user that the agent runs as: kept in `$XDG_STATE_HOME/loadcell`, made when it is first needed. Where none
 * can be kept the key is this process's own, and what it digests is like nothing else.
 *
 * @throws SecretError for a file that {@link KEY_FILE} names and that holds no key.
 */
export function secretKey(env: Readonly<Record<string, string | undefined>>): SecretKey {
  const named = env[KEY_FILE];
  if (named !== undefined && named !== '') return new SecretKey(namedKey(named));
  const state = env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  return new SecretKey(ownKey(join(state, 'loadcell', 'secret-key')));
}

function namedKey(path: string): Buffer {
  let found: Buffer;
  try {
    found = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new SecretError(`${KEY_FILE}: the agent cannot read ${path} (${code}); expected a file that holds a key`);
  }
  if (found.byteLength >= LEAST_BYTES) return found;
  throw new SecretError(
    `${KEY_FILE}: found ${found.byteLength} bytes in ${path}, expected at least ${LEAST_BYTES} that nobody can guess`,
  );
}

function ownKey(path: string): Buffer {
  return keptKey(path) ?? madeKey(path);
}

function keptKey(path: string): Buffer | null {
  try {
    const found = readFileSync(path);
    return found.byteLength === KEY_BYTES ? found : null;
  } catch {
    return null;
  }
}

/** Whole or not at all: of two agents that make one at a time, the second takes the first one's. */
function madeKey(path: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  const own = `${path}.${process.pid}`;
  try {
    makeFoldersSync(dirname(path), 0o700);
    writeFileSync(own, key, { mode: 0o600, flag: 'wx' });
  } catch {
    return keptKey(path) ?? key;
  }
  try {
    linkSync(own, path);
    return key;
  } catch {
    return keptKey(path) ?? key;
  } finally {
    rmSync(own, { force: true });
  }
}
