import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchFolder } from '../../../../src/cli/inside/fetch-folder.ts';
import type { InsidePlace, ResultFile } from '../../../../src/engines/inside-place.ts';

const RUN = '20261122T051800Z-small-7f3a';
const FILES = { 'journal/000001.log': 'what was acknowledged', 'manifest.json': '{}', 'report.md': '# Report' };

let around: string;
let resultsDir: string;
beforeEach(() => {
  around = mkdtempSync(join(tmpdir(), 'loadcell-fetch-'));
  resultsDir = join(around, 'results');
  mkdirSync(resultsDir);
});
afterEach(() => rmSync(around, { recursive: true, force: true }));

const listed = (path: string, text: string): ResultFile => ({
  path,
  bytes: text.length,
  sha256: createHash('sha256').update(text).digest('hex'),
});

type Readable = Pick<InsidePlace, 'results' | 'read'>;

/** A place with these files, that sends of each what `sends` makes of it. */
const placeOf = (files: Readonly<Record<string, string>>, sends?: Readable['read']): Readable => ({
  results: async () => Object.entries(files).map(([path, text]) => listed(path, text)),
  read:
    sends ??
    async function* (_handle, path, from) {
      yield Buffer.from(files[path] ?? '').subarray(from);
    },
});

const fetched = (
  place: Readable,
  runId = RUN,
  { signal = new AbortController().signal, onLost = (_sentence: string): void => {} } = {},
): Promise<string | null> =>
  fetchFolder({
    place: place as InsidePlace,
    handle: { runId, id: '7', room: 'the room' },
    resultsDir,
    onLost,
    signal,
  });

function lay(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

test('a results folder comes whole under its name, and nothing else is left beside it', async () => {
  expect(await fetched(placeOf(FILES))).toBe(join(resultsDir, RUN));
  for (const [path, text] of Object.entries(FILES))
    expect(readFileSync(join(resultsDir, RUN, path), 'utf8')).toBe(text);
  expect(readdirSync(resultsDir)).toEqual([RUN]);
  expect(readdirSync(join(resultsDir, RUN)).sort()).toEqual(['journal', 'manifest.json', 'report.md']);
});

test('a folder that lacks a file is not taken for whole though its manifest is the same', async () => {
  lay(join(resultsDir, RUN), { ...FILES, 'notes.txt': 'mine' });
  expect(await fetched(placeOf(FILES))).toBe(join(resultsDir, RUN));
  rmSync(join(resultsDir, RUN, 'report.md'));
  await expect(fetched(placeOf(FILES))).rejects.toThrow(
    `${join(resultsDir, RUN)}: found this results folder, in which report.md is missing, expected a whole one or none`,
  );
  expect(existsSync(join(resultsDir, RUN, 'notes.txt'))).toBe(true);
});

test('a folder that it goes on with is replaced, one that has something else recorded is not', async () => {
  lay(join(resultsDir, RUN), { 'journal/000001.log': FILES['journal/000001.log'] });
  await fetched(placeOf(FILES));
  expect(readdirSync(resultsDir)).toEqual([RUN]);
  await expect(fetched(placeOf({ ...FILES, 'journal/000001.log': 'other', 'manifest.json': '[]' }))).rejects.toThrow(
    'found a results folder that has something else recorded',
  );
});

test('a fetch that is ended in the middle of a file leaves nothing under the name, and the next one goes on from there', async () => {
  const interrupt = new AbortController();
  const stalled = placeOf(FILES, async function* (_handle, path, from, signal) {
    yield Buffer.from(FILES[path as keyof typeof FILES]).subarray(from, from + 5);
    interrupt.abort(new Error('ended by SIGINT'));
    signal.throwIfAborted();
  });
  await expect(fetched(stalled, RUN, { signal: interrupt.signal })).rejects.toThrow('ended by SIGINT');
  expect(readdirSync(resultsDir)).toEqual([`.${RUN}.part`]);
  const asked: [string, number][] = [];
  const whole = placeOf(FILES, async function* (_handle, path, from) {
    asked.push([path, from]);
    yield Buffer.from(FILES[path as keyof typeof FILES]).subarray(from);
  });
  expect(await fetched(whole)).toBe(join(resultsDir, RUN));
  expect(asked[0]).toEqual(['journal/000001.log', 5]);
  expect(readdirSync(resultsDir)).toEqual([RUN]);
});

test('on a disk that is full nothing comes under the name, and what would help is said', async () => {
  const log = join(resultsDir, `.${RUN}.part`, 'came', 'journal', '000001.log');
  mkdirSync(dirname(log), { recursive: true });
  symlinkSync('/dev/full', log);
  await expect(fetched(placeOf(FILES))).rejects.toThrow(
    `${join(resultsDir, RUN)}: the disk is full; free some space or choose another folder with --results`,
  );
  expect(readdirSync(resultsDir)).toEqual([`.${RUN}.part`]);
  rmSync(log);
  expect(await fetched(placeOf(FILES))).toBe(join(resultsDir, RUN));
});

test('of a file that does not end no more is written than it is to have', async () => {
  let sent = 0;
  const endless = placeOf(FILES, async function* () {
    while (sent < 10_000) yield Buffer.alloc(100, sent++);
    throw new Error('its reader has not ended');
  });
  await expect(fetched(endless)).rejects.toThrow('journal/000001.log: came with another SHA-256');
  expect(sent).toBeLessThanOrEqual(2);
});

test.each(['../outside', '..', 'a/b', ''])('nothing is brought of a run that is called %j', async (runId) => {
  const name = `${JSON.stringify(runId)}: found as the id of a run, expected the name of a folder`;
  await expect(fetched(placeOf(FILES), runId)).rejects.toThrow(name);
  expect(readdirSync(resultsDir)).toEqual([]);
  expect(readdirSync(around)).toEqual(['results']);
});

test.each(['../outside', '/outside', 'a//b', 'journal/../../outside'])(
  'a listing that names %j brings nothing from there',
  async (path) => {
    await expect(fetched(placeOf({ [path]: 'x' }))).rejects.toThrow('expected a path below it');
    expect(readdirSync(around)).toEqual(['results']);
  },
);

test('of two commands one brings the folder, and the other waits for it and finds it here', async () => {
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = placeOf(FILES, async function* (_handle, path, from) {
    reached.resolve();
    await goOn.promise;
    yield Buffer.from(FILES[path as keyof typeof FILES]).subarray(from);
  });
  const first = fetched(slow);
  await reached.promise;
  const idle = placeOf(FILES, () => {
    throw new Error('it asks for what another command brings');
  });
  const told: string[] = [];
  const onLost = (sentence: string): void => {
    told.push(sentence);
    goOn.resolve();
  };
  const second = fetched(idle, RUN, { onLost });
  expect(await Promise.all([first, second])).toEqual([join(resultsDir, RUN), join(resultsDir, RUN)]);
  expect(told).toEqual([expect.stringContaining(`${RUN}: found process ${process.pid} on`)]);
  expect(readdirSync(resultsDir)).toEqual([RUN]);
});

test('a command that waits for another one is ended by an interrupt', async () => {
  const [interrupt, goOn] = [new AbortController(), Promise.withResolvers<void>()];
  const slow = placeOf(FILES, async function* (_handle, path, from) {
    await goOn.promise;
    yield Buffer.from(FILES[path as keyof typeof FILES]).subarray(from);
  });
  const first = fetched(slow);
  const onLost = (): void => interrupt.abort(new Error('ended by SIGINT'));
  await expect(fetched(placeOf(FILES), RUN, { signal: interrupt.signal, onLost })).rejects.toThrow('ended by SIGINT');
  goOn.resolve();
  expect(await first).toBe(join(resultsDir, RUN));
});
