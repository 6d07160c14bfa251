import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ByteFile } from '../../../../src/targets/samples/byte-file.ts';
import { IndexedLines, indexLines, LineStarts, lineIndexFile } from '../../../../src/targets/samples/line-index.ts';
import { temporaryFolder } from '../../../support/onnx-files.ts';

/** Starts of the lines of a text that comes in pieces of `size` bytes, and its length. */
function starts(text: string, size = 1_000_000): number[] {
  const bytes = Buffer.from(text);
  const index = new LineStarts();
  for (let at = 0; at < bytes.length; at += size) index.see(bytes.subarray(at, at + size), at);
  const found = index.finish(bytes.length);
  return [...new Float64Array(found.buffer, found.byteOffset, found.length / 8)];
}

test('every line has a start, and the last one an end, with or without a last line feed', () => {
  expect(starts('1\n22\n333')).toEqual([0, 2, 5, 8]);
  expect(starts('1\n22\n333\n')).toEqual([0, 2, 5, 9]);
  expect(starts('')).toEqual([0]);
});

test('empty lines are none, whatever ends them', () => {
  expect(starts('\n\n1\n\r\n22\n\n\n')).toEqual([2, 6, 11]);
  expect(starts('\n\n')).toEqual([2]);
});

test('a byte order mark is no part of the first line', () => {
  expect(starts('\uFEFF1\n2\n')).toEqual([3, 5, 7]);
});

test('pieces of any size find the same lines', () => {
  const text = '\uFEFFä\n\n{"b": 1}\r\n\r\n3\n';
  for (let size = 3; size < 24; size++) expect(starts(text, size)).toEqual(starts(text));
});

test('thousands of lines are found each by its index', async () => {
  const folder = temporaryFolder();
  const [path, cache] = [join(folder, 'a.jsonl'), join(folder, 'cache')];
  const lines = Array.from({ length: 20_000 }, (_, i) => JSON.stringify('x'.repeat(i % 37) + i));
  writeFileSync(path, `${lines.join('\n')}\n`);
  const { sha256, bytes } = await indexLines(path, cache);
  expect(bytes).toBe(lines.join('\n').length + 1);
  const indexed = new IndexedLines(new ByteFile(path), new ByteFile(lineIndexFile(sha256, cache)));
  expect(indexed.count).toBe(20_000);
  for (const index of [0, 1, 19_999, 7_777, 12_345]) expect(indexed.line(index).trim()).toBe(lines[index]);
  indexed.close();
});

test('a file that has changed is read anew, and one that has not is known by its note', async () => {
  const folder = temporaryFolder();
  const [path, cache] = [join(folder, 'a.jsonl'), join(folder, 'cache')];
  writeFileSync(path, '1\n2\n');
  const first = await indexLines(path, cache);
  expect(await indexLines(path, cache)).toEqual(first);
  appendFileSync(path, '3\n');
  utimesSync(path, 1, 1);
  const second = await indexLines(path, cache);
  expect(second.sha256).not.toBe(first.sha256);
  const indexed = new IndexedLines(new ByteFile(path), new ByteFile(lineIndexFile(second.sha256, cache)));
  expect([indexed.count, indexed.line(2)]).toEqual([3, '3\n']);
  indexed.close();
});
