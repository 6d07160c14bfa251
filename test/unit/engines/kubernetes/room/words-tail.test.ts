import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WordsTail } from '../../../../../src/engines/kubernetes/room/words-tail.ts';

let folder: string;
let path: string;
let tail: WordsTail;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-words-'));
  path = join(folder, 'words');
  tail = new WordsTail(path);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const forever = new AbortController().signal;
const from = (line: number, waitMs = 0, hasEnded = false) => tail.from(line, waitMs, () => hasEnded, forever);

test('a file that is not there yet has no lines', async () => {
  expect(await from(0)).toEqual({ lines: [], isOver: false });
  expect(await from(0, 0, true)).toEqual({ lines: [], isOver: true });
});

test('lines are told from any one on, whole ones only', async () => {
  appendFileSync(path, 'one\ntwö\nthr');
  expect(await from(0)).toEqual({ lines: ['one', 'twö'], isOver: false });
  expect(await from(2)).toEqual({ lines: [], isOver: false });
  appendFileSync(path, 'ee\n');
  expect(await from(1)).toEqual({ lines: ['twö', 'three'], isOver: false });
  expect(await from(2, 0, true)).toEqual({ lines: ['three'], isOver: true });
  expect(await from(7)).toEqual({ lines: [], isOver: false });
});

test('a line is told when it comes, and the last one once the writer has ended', async () => {
  const waiting = from(0, 20_000);
  appendFileSync(path, 'at last\n');
  expect(await waiting).toEqual({ lines: ['at last'], isOver: false });
});

test('much is told in parts, and a line that is longer than one alone', async () => {
  const lines = Array.from({ length: 40 }, (_, index) => `${index} ${'x'.repeat(30_000)}`);
  appendFileSync(path, `${lines.join('\n')}\n${'y'.repeat(600_000)}\n`);
  const told: string[] = [];
  let parts = 0;
  for (let isOver = false; !isOver; parts++) {
    const next = await from(told.length, 0, true);
    told.push(...next.lines);
    isOver = next.isOver;
  }
  expect(told).toEqual([...lines, 'y'.repeat(600_000)]);
  expect(parts).toBeGreaterThan(2);
});

test('two who listen at a time hear the same', async () => {
  appendFileSync(path, 'one\ntwo\n');
  const [first, second] = await Promise.all([from(0), from(1)]);
  expect([first.lines, second.lines]).toEqual([['one', 'two'], ['two']]);
});
