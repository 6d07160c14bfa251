import { createHmac } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SecretKey, secretKey } from '../../../src/agent/secret-key.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'loadcell-key-'));
  onTestFinished(() => {
    chmodSync(path, 0o700);
    rmSync(path, { recursive: true });
  });
  return path;
}

test('a digest is HMAC-SHA-256 of the secret under the key, and names the key', () => {
  const key = Buffer.alloc(32, 7);
  const hmac = (...parts: string[]) => {
    const made = createHmac('sha256', key);
    for (const part of parts) made.update(part);
    return made.digest('hex');
  };
  expect(new SecretKey(key).digest('s3cret')).toBe(
    `hmac-sha256:${hmac('loadcell key\0').slice(0, 8)}:${hmac('loadcell secret\0s3cret').slice(0, 32)}`,
  );
});

test('the same secret has one digest under one key; another secret, and another key, have others', () => {
  const [mine, yours] = [new SecretKey(Buffer.alloc(32, 1)), new SecretKey(Buffer.alloc(32, 2))];
  expect(mine.digest('a')).toBe(mine.digest('a'));
  const [same, key, digest] = mine.digest('a').split(':');
  const [, otherKey, otherDigest] = yours.digest('a').split(':');
  expect(same).toBe('hmac-sha256');
  expect(mine.digest('b').split(':')[1]).toBe(key);
  expect(mine.digest('b').split(':')[2]).not.toBe(digest);
  expect(otherKey).not.toBe(key);
  expect(otherDigest).not.toBe(digest);
});

test('a key is made once, for its user alone, and found again', () => {
  const state = folder();
  const env = { XDG_STATE_HOME: state };
  const first = secretKey(env).digest('a');
  const path = join(state, 'loadcell', 'secret-key');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path)).toHaveLength(32);
  expect(readdirSync(join(state, 'loadcell'))).toEqual(['secret-key']);
  expect(secretKey(env).digest('a')).toBe(first);
});

test('a key that a file names is used in place of the own one, and one that is too short is refused', () => {
  const at = folder();
  const path = join(at, 'shared');
  writeFileSync(path, 'sixteen letters!');
  const env = { XDG_STATE_HOME: at, LOADCELL_SECRET_KEY_FILE: path };
  expect(secretKey(env).digest('a')).toBe(new SecretKey(Buffer.from('sixteen letters!')).digest('a'));
  expect(readdirSync(at)).toEqual(['shared']);
  writeFileSync(path, 'short');
  expect(() => secretKey(env)).toThrow(
    `LOADCELL_SECRET_KEY_FILE: found 5 bytes in ${path}, expected at least 16 that nobody can guess`,
  );
  expect(() => secretKey({ LOADCELL_SECRET_KEY_FILE: join(at, 'none') })).toThrow('(ENOENT); expected a file');
});

test('where no key can be kept, digests are like nothing else', () => {
  const at = folder();
  writeFileSync(join(at, 'loadcell'), 'a file where a folder should be');
  const env = { XDG_STATE_HOME: at };
  expect(secretKey(env).digest('a')).not.toBe(secretKey(env).digest('a'));
});
