import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FileCache } from '../../../../src/agent/files/file-cache.ts';
import { FileProblem } from '../../../../src/agent/files/file-problem.ts';
import type { Pieces } from '../../../../src/agent/files/receive-file.ts';
import { systemWallClock } from '../../../../src/time/monotonic.ts';
import { CannedPieces, fileOfPlan, inPieces, sha256Of } from '../../../support/canned-pieces.ts';
import { temporaryFolder } from '../../../support/onnx-files.ts';

const CONTENT = 'what a model weighs';
const forever = new AbortController().signal;

let drawn = 0;
const cacheIn = (folder: string, source: Pieces, more: { readonly mostBytes?: number } = {}): FileCache =>
  new FileCache({ folder, source, nonce: `n${drawn++}`, nowMs: systemWallClock.nowMs, ...more });

const whole = (content = CONTENT): CannedPieces => new CannedPieces((_, offset) => inPieces(content.slice(offset)));

test('a file is fetched, verified and kept for the next agent of the node, and nothing else is left', async () => {
  const folder = temporaryFolder();
  const source = whole();
  const to = join(folder, 'a', 'deep', 'file.bin');
  const cache = join(folder, 'content');
  await cacheIn(cache, source).lay(fileOfPlan(CONTENT), to, forever);
  expect(readFileSync(to, 'utf8')).toBe(CONTENT);
  await cacheIn(cache, source).lay(fileOfPlan(CONTENT), join(folder, 'b'), forever);
  expect(source.asked).toEqual([0]);
  expect(readdirSync(cache)).toEqual([sha256Of(CONTENT)]);
});

test('agents of one node that want the same file at the same time fetch it once', async () => {
  const folder = temporaryFolder();
  const source = new CannedPieces(async function* (_, offset) {
    for (const piece of inPieces(CONTENT.slice(offset))) {
      await delay(20);
      yield piece;
    }
  });
  const agents = Array.from({ length: 8 }, () => cacheIn(join(folder, 'content'), source));
  await Promise.all(agents.map((cache, i) => cache.lay(fileOfPlan(CONTENT), join(folder, `${i}`), forever)));
  expect(source.asked).toEqual([0]);
  for (let i = 0; i < 8; i++) expect(readFileSync(join(folder, `${i}`), 'utf8')).toBe(CONTENT);
});

test('a line that breaks goes on from where it was', async () => {
  const folder = temporaryFolder();
  const source = new CannedPieces(function* (stream, offset) {
    yield Buffer.from(CONTENT.slice(offset, offset + 7));
    if (stream < 3) throw new Error('cut');
    yield Buffer.from(CONTENT.slice(offset + 7));
  });
  const to = join(folder, 'file');
  await cacheIn(join(folder, 'content'), source).lay(fileOfPlan(CONTENT), to, forever);
  expect(source.asked).toEqual([0, 7, 14]);
  expect(readFileSync(to, 'utf8')).toBe(CONTENT);
});

test('what comes wrong is asked for once more, and then refused with a sentence', async () => {
  const folder = temporaryFolder();
  const wrong = CONTENT.replace('model', 'medal');
  const source = new CannedPieces((stream) => inPieces(stream === 1 ? wrong : CONTENT));
  await cacheIn(join(folder, 'content'), source).lay(fileOfPlan(CONTENT), join(folder, 'file'), forever);
  expect(source.asked).toEqual([0, 0]);
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe(CONTENT);
  const liar = cacheIn(join(folder, 'other'), whole(wrong));
  await expect(liar.lay(fileOfPlan(CONTENT), join(folder, 'never'), forever)).rejects.toThrow(
    `/campaign/file.bin: 19 bytes came with the SHA-256 ${sha256Of(wrong)}, expected 19 with ${sha256Of(CONTENT)}`,
  );
  expect(existsSync(join(folder, 'never'))).toBe(false);
  expect(readdirSync(join(folder, 'other'))).toEqual([]);
});

test('a copy that is torn on this node is thrown away and fetched again', async () => {
  const folder = temporaryFolder();
  const source = whole();
  const cache = cacheIn(join(folder, 'content'), source);
  await cache.lay(fileOfPlan(CONTENT), join(folder, 'a'), forever);
  writeFileSync(join(folder, 'content', sha256Of(CONTENT)), 'what a mod');
  await cache.lay(fileOfPlan(CONTENT), join(folder, 'b'), forever);
  expect(source.asked).toEqual([0, 0]);
  expect(readFileSync(join(folder, 'b'), 'utf8')).toBe(CONTENT);
});

test('the lock of an agent that was killed is broken, and what it left is cleaned', async () => {
  const folder = temporaryFolder();
  const content = join(folder, 'content');
  const source = whole();
  await cacheIn(content, source)
    .lay(fileOfPlan('other'.repeat(3)), join(folder, 'other'), forever)
    .catch(() => {});
  const long = new Date(Date.now() - 2 * 3_600_000);
  for (const name of [`${sha256Of(CONTENT)}.lock`, `${sha256Of(CONTENT)}.dead.part`]) {
    writeFileSync(join(content, name), 'half');
    utimesSync(join(content, name), long, long);
  }
  await cacheIn(content, source).lay(fileOfPlan(CONTENT), join(folder, 'file'), forever);
  expect(readdirSync(content)).toEqual([sha256Of(CONTENT)]);
});

test('the cache has a bound: what was used longest ago goes, and copies in use are whole all the same', async () => {
  const folder = temporaryFolder();
  const content = join(folder, 'content');
  const contents = ['first file', 'second one', 'third file'];
  const lay = async (i: number): Promise<void> => {
    const text = contents[i] ?? '';
    const cache = cacheIn(content, whole(text), { mostBytes: 25 });
    await cache.lay(fileOfPlan(text), join(folder, `${i}-${drawn}`), forever);
    // Times of change are told apart by the file system's clock, which ticks every few milliseconds.
    await delay(20);
  };
  await lay(0);
  const inUse = readdirSync(folder).find((name) => name.startsWith('0-')) ?? '';
  await lay(1);
  await lay(0);
  await lay(2);
  expect(readdirSync(content).sort()).toEqual([sha256Of('first file'), sha256Of('third file')].sort());
  await lay(1);
  expect(readdirSync(content).sort()).toEqual([sha256Of('second one'), sha256Of('third file')].sort());
  expect(readFileSync(join(folder, inUse), 'utf8')).toBe('first file');
});

test('a file for which the disk has no room is refused before anything of it is fetched', async () => {
  const folder = temporaryFolder();
  const source = whole();
  const huge = { ...fileOfPlan(CONTENT), bytes: 2 ** 60 };
  const end = cacheIn(join(folder, 'content'), source).lay(huge, join(folder, 'file'), forever);
  await expect(end).rejects.toThrow(FileProblem);
  await expect(end).rejects.toThrow(
    /^\/campaign\/file\.bin: needs 1099511627776 MiB on this node, and .*content has [\d.]+ MiB free; free some there, or name another folder with --files$/,
  );
  expect(source.asked).toEqual([]);
});

test('a folder that cannot be written is named', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'content'), 'a file in the way');
  const end = cacheIn(join(folder, 'content'), whole()).lay(fileOfPlan(CONTENT), join(folder, 'file'), forever);
  await expect(end).rejects.toThrow(
    /^\/campaign\/file\.bin: cannot be kept in .*content on this node: (EEXIST|ENOTDIR); name a folder that the agent may write with --files$/,
  );
});

test('a refusal of the coordinator is passed on as it is, and not asked again', async () => {
  const folder = temporaryFolder();
  const source = new CannedPieces(() => {
    throw new FileProblem('model.onnx: its content has changed since the plan was made');
  });
  const end = cacheIn(join(folder, 'content'), source).lay(fileOfPlan(CONTENT), join(folder, 'file'), forever);
  await expect(end).rejects.toThrow('model.onnx: its content has changed since the plan was made');
  expect(source.asked).toEqual([0]);
});

test('whoever waits for a file that is not wanted any more is let go, and the lock with it', async () => {
  const folder = temporaryFolder();
  const leave = new AbortController();
  const source = new CannedPieces(async function* () {
    yield Buffer.from('what');
    leave.abort();
    await delay(10);
    throw new Error('cancelled');
  });
  const end = cacheIn(join(folder, 'content'), source).lay(fileOfPlan(CONTENT), join(folder, 'file'), leave.signal);
  await expect(end).rejects.toThrow(/abort/i);
  expect(readdirSync(join(folder, 'content'))).toEqual([]);
});
