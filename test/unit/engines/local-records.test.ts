import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalRecords } from '../../../src/engines/local-records.ts';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'loadcell-records-'));
  folder = join(root, 'places');
});
afterEach(() => rmSync(root, { recursive: true }));

const HANDLE = {
  engine: 'local',
  key: { runId: '20261122T051800Z-smoke-7f3a', attempt: 1 },
  members: [{ index: 0, id: '1@1' }],
} as const;

test('what was kept is found again', () => {
  const records = new LocalRecords(folder);
  records.makeFolder();
  records.keep(HANDLE);
  expect(new LocalRecords(folder).all()).toEqual([HANDLE]);
});

/** Whoever writes such a record says which of this user's processes are ended. */
test.skipIf(process.platform !== 'linux')('a folder that others could have written into is not read', () => {
  const records = new LocalRecords(folder);
  const refused = `${folder}: found a folder that others may write, expected one of this user alone`;
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  expect(() => records.makeFolder()).toThrow(refused);
  expect(() => records.all()).toThrow(refused);
});

test.skipIf(process.getuid?.() !== 0)('nor is the folder of another user, or a link', () => {
  mkdirSync(folder);
  chownSync(folder, 12_345, 12_345);
  expect(() => new LocalRecords(folder).all()).toThrow('expected one of this user alone');
  const link = join(root, 'link');
  symlinkSync(root, link);
  expect(() => new LocalRecords(link).makeFolder()).toThrow('found no folder');
});
