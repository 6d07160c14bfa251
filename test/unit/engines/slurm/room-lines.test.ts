import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linesOf } from '../../../../src/engines/slurm/room-lines.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-lines-'));
  path = join(folder, 'words');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = new AbortController().signal;
const never = (): Promise<boolean> => Promise.resolve(false);
const over = (): Promise<boolean> => Promise.resolve(true);

test('lines come as they are written, whole ones only, also those longer than a look', async () => {
  const long = 'x'.repeat(600_000);
  const lines = linesOf(path, 0, never, open);
  const first = lines.next();
  writeFileSync(path, 'one\ntw');
  expect((await first).value).toBe('one');
  const second = lines.next();
  appendFileSync(path, `o\n${long}\n`);
  expect((await second).value).toBe('two');
  expect((await lines.next()).value).toBe(long);
  await lines.return(undefined);
});

test('it goes on from the line that it is asked for, and ends when the writer has and all is told', async () => {
  writeFileSync(path, 'one\ntwo\nthree\n');
  const got: string[] = [];
  for await (const line of linesOf(path, 1, over, open)) got.push(line);
  expect(got).toEqual(['two', 'three']);
});

test('an aborted signal ends it', async () => {
  const aborting = new AbortController();
  const lines = linesOf(path, 0, never, aborting.signal);
  const next = lines.next();
  aborting.abort();
  expect((await next).done).toBe(true);
});

test('what cannot be read is out of reach', async () => {
  await expect(linesOf(folder, 0, never, open).next()).rejects.toMatchObject({ name: 'PlaceTrouble', kind: 'lost' });
});
