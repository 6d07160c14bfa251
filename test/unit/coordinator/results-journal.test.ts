import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  decodeJournalRecord,
  encodeEvent,
  encodeStoredInterval,
  type JournalEntry,
} from '../../../src/coordinator/events.ts';
import { LogTail } from '../../../src/coordinator/log-tail.ts';
import { type AppendFile, JournalWriter, readJournal } from '../../../src/coordinator/results-journal.ts';
import { ns } from '../../../src/time/ns.ts';
import { frame, readFrames } from '../../../src/wire/framing.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'loadcell-journal-'));
  await mkdir(join(root, 'journal'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const record = (seq: number, bytes = 10): Uint8Array =>
  encodeStoredInterval({ agent: 0, epoch: 1n, seq: BigInt(seq), interval: new Uint8Array(bytes) });

async function entries(): Promise<JournalEntry[]> {
  const all: JournalEntry[] = [];
  for await (const entry of readJournal(root)) all.push(entry);
  return all;
}

const seqs = (all: readonly JournalEntry[]): number[] =>
  all.map((entry) => (entry.kind === 'interval' ? Number(entry.stored.seq) : -1));

/** A file in memory that tells when it is synced and lets a test hold the disk back. */
function slowDisk() {
  const synced: number[] = [];
  const gate = { open: Promise.resolve() };
  let pending = 0;
  const create = async (): Promise<AppendFile> => ({
    writev: async (buffers) => {
      pending += buffers.length;
      return { bytesWritten: buffers.reduce((sum, buffer) => sum + buffer.length, 0) };
    },
    datasync: async () => {
      const batch = pending;
      pending = 0;
      await gate.open;
      synced.push(batch);
    },
    close: async () => {},
  });
  return { synced, gate, create };
}

test('what was appended is read back in order', async () => {
  const journal = new JournalWriter(root);
  const wall = '2026-11-22T05:18:00.000Z';
  await Promise.all([
    journal.append(encodeEvent({ atNs: ns(0), wall, event: { kind: 'interrupted', signal: 'SIGINT' } })),
    journal.append(record(1)),
    journal.append(record(2)),
  ]);
  await journal.close();
  expect(seqs(await entries())).toEqual([-1, 1, 2]);
});

test('an append is on disk when it resolves', async () => {
  const journal = new JournalWriter(root);
  await journal.append(record(1));
  expect(readFrames(await readFile(join(root, 'journal', '000001.log'))).records).toHaveLength(1);
  await journal.close();
});

test('appends that come while the disk syncs share the next sync, and none resolves before its own', async () => {
  const disk = slowDisk();
  let release = (): void => {};
  disk.gate.open = new Promise<void>((resolve) => {
    release = resolve;
  });
  const journal = new JournalWriter(root, { create: disk.create, gatherMs: 0 });
  const resolved: number[] = [];
  const appends = [journal.append(record(0)).then(() => resolved.push(0))];
  await new Promise(setImmediate);
  for (let seq = 1; seq <= 5; seq++) appends.push(journal.append(record(seq)).then(() => resolved.push(seq)));
  await new Promise(setImmediate);
  expect(resolved).toEqual([]);
  release();
  await Promise.all(appends);
  await journal.close();
  expect(disk.synced).toEqual([1, 5]);
  expect(resolved).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a file that has grown to its limit is followed by another', async () => {
  const journal = new JournalWriter(root, { rotateBytes: 300, gatherMs: 0 });
  for (let seq = 1; seq <= 10; seq++) await journal.append(record(seq, 100));
  await journal.close();
  expect((await readdir(join(root, 'journal'))).sort()).toEqual([
    '000001.log',
    '000002.log',
    '000003.log',
    '000004.log',
  ]);
  expect(seqs(await entries())).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('a full disk rejects every append that is not on it, with one clear sentence, and closes all the same', async () => {
  const journal = new JournalWriter(root, { create: () => open('/dev/full', 'a') });
  const message =
    `${join(root, 'journal', '000001.log')}: the disk is full; free some space or choose another folder with --results; ` +
    `once there is room, loadcell judge ${root} finishes what was recorded`;
  const failed = { code: 'evidence-unwritable', message };
  const outcomes = await Promise.allSettled([journal.append(record(1)), journal.append(record(2))]);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: failed });
  await expect(journal.append(record(3))).rejects.toMatchObject(failed);
  await journal.close();
});

test('a record that a crash cut off at the end is left out', async () => {
  const journal = new JournalWriter(root);
  await Promise.all([journal.append(record(1)), journal.append(record(2))]);
  await journal.close();
  const path = join(root, 'journal', '000001.log');
  await truncate(path, (await readFile(path)).length - 3);
  expect(seqs(await entries())).toEqual([1]);
});

test('damage is named with its file and place', async () => {
  const journal = new JournalWriter(root, { rotateBytes: 1, gatherMs: 0 });
  await journal.append(record(1));
  await journal.append(record(2));
  await journal.close();
  const first = join(root, 'journal', '000001.log');
  const { length } = await readFile(first);
  await appendFile(first, 'x');
  await expect(entries()).rejects.toThrow(`${first}: torn at byte ${length}`);
  await truncate(first, length);
  const file = await open(first, 'r+');
  await file.write('x', length - 1);
  await file.close();
  await expect(entries()).rejects.toThrow(`${first}: corrupt at byte 0`);
});

test('a folder without a journal is no results folder', async () => {
  await rm(join(root, 'journal'), { recursive: true });
  await expect(entries()).rejects.toThrow('found no journal, expected a results folder with journal/*.log');
});

const resumption = encodeEvent({
  atNs: ns(0),
  wall: '2026-11-22T06:00:00.000Z',
  event: { kind: 'run-resumed', source: { commit: null, dirty: null, ci: null } },
});

/** A file whose last record is torn, and another one that begins with `first`. */
async function tornThen(first: Uint8Array): Promise<void> {
  const journal = new JournalWriter(root);
  await journal.append(record(1));
  await journal.append(record(2));
  await journal.close();
  const path = join(root, 'journal', '000001.log');
  await truncate(path, (await readFile(path)).length - 3);
  const next = new JournalWriter(root, { lastFile: 1 });
  await next.append(first);
  await next.append(record(3));
  await next.close();
}

test('a journal that goes on does so in a file of its own, and a record that was torn before is left out', async () => {
  await tornThen(resumption);
  expect((await readdir(join(root, 'journal'))).sort()).toEqual(['000001.log', '000002.log']);
  expect(seqs(await entries())).toEqual([1, -1, 3]);
});

test('a torn record in the middle of a journal is damage where no run was taken up again', async () => {
  await tornThen(record(9));
  await expect(entries()).rejects.toThrow(/000001\.log: torn at byte/);
});

test('a tail gives every record once, while the journal grows and over its files', async () => {
  const tail = new LogTail(root, 'journal', decodeJournalRecord);
  const news = async (): Promise<number[]> => {
    const all: JournalEntry[] = [];
    for await (const entry of tail.read()) all.push(entry);
    return seqs(all);
  };
  const journal = new JournalWriter(root, { rotateBytes: 60, gatherMs: 0 });
  expect(await news()).toEqual([]);
  await journal.append(record(1));
  expect(await news()).toEqual([1]);
  expect(await news()).toEqual([]);
  for (const seq of [2, 3, 4, 5]) await journal.append(record(seq));
  expect((await readdir(join(root, 'journal'))).length).toBeGreaterThan(1);
  expect(await news()).toEqual([2, 3, 4, 5]);
  await journal.close();
  const last = (await readdir(join(root, 'journal'))).sort().at(-1) ?? '';
  const half = frame(record(6));
  await appendFile(join(root, 'journal', last), half.subarray(0, 9));
  expect(await news()).toEqual([]);
  await appendFile(join(root, 'journal', last), half.subarray(9));
  expect(await news()).toEqual([6]);
});
