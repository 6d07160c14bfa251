import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type FolderOwner, LOCK, type LockContext, lockFolder } from '../../../src/coordinator/folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadcell-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const owner = (process: string, change: Partial<FolderOwner> = {}): FolderOwner => ({
  host: 'node-a',
  boot: 'boot-1',
  process,
  ...change,
});

let drawn = 0;
const context = (self: FolderOwner, running: readonly string[] = []): LockContext => ({
  self,
  isRunning: ({ process }) => running.includes(process),
  drawHex: () => String(++drawn),
});

const holder = async (): Promise<unknown> => JSON.parse(await readFile(join(folder, LOCK), 'utf8'));

test('a folder has one writer, who is named to others, and is free again when it is let go of', async () => {
  const unlock = await lockFolder(folder, context(owner('10@1')));
  const another = lockFolder(folder, context(owner('11@2'), ['10@1']));
  await expect(another).rejects.toMatchObject({
    code: 'path',
    message: expect.stringMatching(/found process 10 on node-a writing into it, expected nobody/),
  });
  await unlock();
  expect(await readdir(folder)).toEqual([]);
  await lockFolder(folder, context(owner('11@2')));
  expect(await holder()).toEqual(owner('11@2'));
});

test.each([
  ['a process that has ended', owner('10@1')],
  ['an earlier boot of the machine', owner('10@1', { boot: 'boot-0' })],
])('the lock of %s is taken over', async (_, former) => {
  await lockFolder(folder, context(former));
  const running = former.boot === 'boot-0' ? ['10@1'] : [];
  await lockFolder(folder, context(owner('11@2'), running));
  expect(await holder()).toEqual(owner('11@2'));
  expect(await readdir(folder)).toEqual([LOCK]);
});

test('the writer of another machine is never taken for dead', async () => {
  await lockFolder(folder, context(owner('10@1', { host: 'node-b' })));
  await expect(lockFolder(folder, context(owner('11@2')))).rejects.toThrow('found process 10 on node-b');
});

test('a lock that cannot be read is left alone', async () => {
  await writeFile(join(folder, LOCK), 'torn');
  await expect(lockFolder(folder, context(owner('11@2')))).rejects.toThrow('found another process');
});

test('of several that find a dead writer one goes on', async () => {
  await lockFolder(folder, context(owner('10@1')));
  const selves = ['11@1', '12@1', '13@1', '14@1'];
  const tries = await Promise.allSettled(selves.map((self) => lockFolder(folder, context(owner(self), selves))));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a folder that is not there is refused', async () => {
  await expect(lockFolder(join(folder, 'none'), context(owner('10@1')))).rejects.toMatchObject({ code: 'path' });
});

test('a lock that a full disk has no room for is not left behind, where nobody could take it over', async () => {
  const file = await open(join(folder, 'any'), 'w');
  await file.close();
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const write = vi.spyOn(Object.getPrototypeOf(file), 'writeFile').mockRejectedValueOnce(full);
  await expect(lockFolder(folder, context(owner('10@1')))).rejects.toMatchObject({ code: 'path' });
  write.mockRestore();
  expect(await readdir(folder)).toEqual(['any']);
  await lockFolder(folder, context(owner('10@1')));
  expect(await holder()).toEqual(owner('10@1'));
});
