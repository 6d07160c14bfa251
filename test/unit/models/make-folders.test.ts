import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeFolders, makeFoldersSync } from '../../../src/models/make-folders.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'loadcell-folders-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const ways = {
  makeFolders,
  makeFoldersSync: async (folder: string, mode?: number) => makeFoldersSync(folder, mode),
};

describe.each(Object.entries(ways))('%s', (_, make) => {
  test('makes a folder and those above it, with the mode that is asked for, and again without complaint', async () => {
    const folder = join(root, 'a', 'b', 'c');
    await make(folder, 0o700);
    await make(folder, 0o700);
    for (const path of [join(root, 'a'), folder]) expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  test('leaves a file that is there alone, and refuses a folder below it', async () => {
    const file = join(root, 'file');
    await writeFile(file, 'content');
    await make(file);
    expect(await readFile(file, 'utf8')).toBe('content');
    await expect(make(join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('a link that leads nowhere ends it', async () => {
    await symlink(join(root, 'nowhere'), join(root, 'link'));
    await expect(make(join(root, 'link', 'below'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.skipIf(process.platform !== 'linux')('a folder that takes no other ends it', async () => {
    await expect(make('/proc/loadcell/runs')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test('of many that make one at a time none is refused', async () => {
  const folder = join(root, 'a', 'b', 'c');
  await Promise.all(Array.from({ length: 16 }, () => makeFolders(folder)));
  expect((await stat(folder)).isDirectory()).toBe(true);
});
