import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectModel } from '../../../src/models/inspect.ts';
import { stageReferenceModel } from '../../../src/models/stage.ts';
import { temporaryFolder } from '../../support/onnx-files.ts';

const sha256 = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await fs.readFile(path))
    .digest('hex');

test('a model is written once with its digest and found again untouched', async () => {
  const cache = join(temporaryFolder(), 'deep', 'cache');
  const staged = await stageReferenceModel('tiny-mlp', cache, fs);
  expect(staged.path).toBe(join(cache, 'tiny-mlp-1.onnx'));
  expect(staged.sha256).toBe(await sha256(staged.path));
  expect(staged.bytes).toBe((await fs.stat(staged.path)).size);
  expect(inspectModel(staged.path).parameters).toBe(6922);

  const written = (await fs.stat(staged.path)).ino;
  const refusing = { ...fs, mkdtemp: () => Promise.reject(new Error('nothing is written')) } as typeof fs;
  expect(await stageReferenceModel('tiny-mlp', cache, refusing)).toEqual(staged);
  expect((await fs.stat(staged.path)).ino).toBe(written);
  expect((await fs.readdir(cache)).sort()).toEqual(['tiny-mlp-1.onnx', 'tiny-mlp-1.onnx.json']);
});

async function cutUnseen(path: string): Promise<void> {
  const { atime, mtime } = await fs.stat(path);
  await fs.truncate(path, 100);
  await fs.utimes(path, atime, mtime);
  const note = JSON.parse(await fs.readFile(`${path}.json`, 'utf8'));
  await fs.writeFile(`${path}.json`, JSON.stringify({ ...note, mtimeMs: (await fs.stat(path)).mtimeMs }));
}

test.for([
  ['was cut', (path: string) => fs.truncate(path, 100)],
  ['was cut and given its old date', cutUnseen],
  ['was touched', (path: string) => fs.utimes(path, 1, 1)],
  ['is gone', (path: string) => fs.rm(path)],
  ['lost its note', (path: string) => fs.rm(`${path}.json`)],
  ['has a damaged note', (path: string) => fs.writeFile(`${path}.json`, '{"sha256":')],
] as const)('a staged model that %s is written anew, with the same bytes', async ([, damage]) => {
  const cache = temporaryFolder();
  const staged = await stageReferenceModel('tiny-mlp', cache, fs);
  await damage(staged.path);
  const damaged = await fs.stat(staged.path).catch(() => null);
  expect(await stageReferenceModel('tiny-mlp', cache, fs)).toEqual(staged);
  expect(await sha256(staged.path)).toBe(staged.sha256);
  expect((await fs.stat(staged.path)).ino).not.toBe(damaged?.ino);
});

test('a disk that fails in the middle leaves no model behind, not even half of one', async () => {
  const cache = temporaryFolder();
  const full = {
    ...fs,
    open: async (path: string, flags: string) => {
      const file = await fs.open(path, flags);
      let left = 3;
      const writeFile = async (chunk: Uint8Array): Promise<void> => {
        if (left-- === 0) throw new Error('ENOSPC');
        await file.writeFile(chunk);
      };
      return { writeFile, sync: () => file.sync(), close: () => file.close() };
    },
  } as unknown as typeof fs;
  await expect(stageReferenceModel('tiny-mlp', cache, full)).rejects.toThrow('ENOSPC');
  expect(await fs.readdir(cache)).toEqual([]);
});

test('several that stage at once all get the same whole file', async () => {
  const cache = temporaryFolder();
  const all = await Promise.all(Array.from({ length: 4 }, () => stageReferenceModel('tiny-mlp', cache, fs)));
  for (const staged of all) expect(staged).toEqual(all[0]);
  expect(await sha256(all[0]?.path ?? '')).toBe(all[0]?.sha256);
});
