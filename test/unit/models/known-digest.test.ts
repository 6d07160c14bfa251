import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { knownDigest, notedDigest } from '../../../src/models/known-digest.ts';
import { temporaryFolder } from '../../support/onnx-files.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function files() {
  const folder = temporaryFolder();
  const [path, cache] = [join(folder, 'data.bin'), join(folder, 'cache')];
  writeFileSync(path, 'first');
  return { path, cache };
}

/** Makes the note of the one file look as if it was left `seconds` after the file changed. */
function ageNote(path: string, cache: string, seconds: number): void {
  const [note = ''] = readdirSync(join(cache, 'digests'));
  const at = statSync(path).ctimeMs / 1000 + seconds;
  utimesSync(join(cache, 'digests', note), at, at);
}

test('a digest is that of the content', async () => {
  const { path, cache } = files();
  expect(await knownDigest(path, cache)).toEqual({ sha256: sha256('first'), bytes: 5 });
});

test('a note stands for a file that has not changed since, and not for one that has', async () => {
  const { path, cache } = files();
  await knownDigest(path, cache);
  ageNote(path, cache, 10);
  expect(await notedDigest(path, cache)).toEqual({ sha256: sha256('first'), bytes: 5 });
  writeFileSync(path, 'other');
  utimesSync(path, 1, 1);
  expect(await notedDigest(path, cache)).toBeNull();
  expect(await knownDigest(path, cache)).toEqual({ sha256: sha256('other'), bytes: 5 });
});

test('a note left within a tick of the change is not believed', async () => {
  const { path, cache } = files();
  await knownDigest(path, cache);
  ageNote(path, cache, 0.5);
  expect(await notedDigest(path, cache)).toBeNull();
});

test('a file that is not there is the file system’s own error, and a cache that cannot be written none', async () => {
  const { path } = files();
  await expect(knownDigest(`${path}.gone`, '/nowhere')).rejects.toThrow('ENOENT');
  expect(await knownDigest(path, join(path, 'below-a-file'))).toEqual({ sha256: sha256('first'), bytes: 5 });
});

test('a pipe is refused and not waited for', async () => {
  const folder = temporaryFolder();
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await expect(knownDigest(join(folder, 'pipe'), join(folder, 'cache'))).rejects.toThrow('it is no regular file');
});
