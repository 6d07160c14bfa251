import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseWord, type Word } from '../../../../src/cli/inside/words.ts';
import { WordsFile } from '../../../../src/cli/inside/words-file.ts';

const judging: Word = { kind: 'progress', event: { kind: 'judging' } };
const finished: Word = { kind: 'finished', exitCode: 0 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-words-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('words on a full disk are not said, and end nothing', () => {
  expect(new WordsFile('/dev/full').say(judging)).toBe(false);
});

test('a word that was torn by a full disk does not spoil the next one', () => {
  const path = join(folder, 'words');
  let room = 10;
  const words = new WordsFile(path, (text) => {
    appendFileSync(path, text.slice(0, room));
    if (text.length > room) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  });
  words.say(judging);
  room = 1000;
  words.say(finished);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map(parseWord)).toEqual([null, finished]);
});

test('what a word says cannot give orders to the terminal that shows it', () => {
  const message = 'the target says: \u001b]0;mine\u0007\u001b[2J';
  const word = parseWord(JSON.stringify({ kind: 'failed', exitCode: 13, message }));
  expect(JSON.stringify(word)).not.toMatch(/u001b|u0007/);
  expect(word).toMatchObject({ kind: 'failed', message: expect.stringMatching(/^the target says: .*mine/) });
});
