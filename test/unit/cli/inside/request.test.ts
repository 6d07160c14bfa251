import { expect, test } from 'vitest';
import { type Found, insideRequest, runOf } from '../../../../src/cli/inside/request.ts';
import { parseWord, type Word, wordLine } from '../../../../src/cli/inside/words.ts';
import type { RunRequest } from '../../../../src/coordinator/supervision.ts';
import { seconds } from '../../../../src/time/ns.ts';
import { smallPlan } from '../../../support/small-plan.ts';

const HOUR_NS = 3_600_000_000_000n;
const here = { wallMs: Date.parse('2026-11-22T05:18:00Z'), monotonic: 5n * HOUR_NS };
/** Half an hour later, on a machine that was started a minute ago. */
const there = { wallMs: Date.parse('2026-11-22T05:48:00Z'), monotonic: 60_000_000_000n };

const run = (deadline: RunRequest['deadline']): RunRequest => ({
  mode: 'new',
  runId: 'r',
  plan: smallPlan(),
  campaignText: Buffer.from('name: small\n'),
  resultsDir: '/home/me/results',
  source: { commit: 'abc', dirty: false, ci: null },
  listen: { host: '0.0.0.0', port: 0 },
  calibrationMaxAgeS: 60,
  deadline,
});
const found: Found = {
  plan: smallPlan(),
  campaignText: Buffer.from('name: small\n'),
  resultsDir: '/shared/r/results',
  filesFolder: '/shared/r/bundle/files',
  agentSource: { kind: 'folder', path: '/apps/agent' },
  advertise: '10.0.0.7',
};

const carried = (deadline: RunRequest['deadline'], stayS = 7200): RunRequest =>
  runOf(JSON.parse(JSON.stringify(insideRequest(run(deadline), seconds(stayS), here))), found, there);

test('a request keeps what was asked, and finds its files and its address where it is carried out', () => {
  expect(carried(null)).toMatchObject({
    mode: 'new',
    runId: 'r',
    resultsDir: '/shared/r/results',
    filesFolder: '/shared/r/bundle/files',
    agentSource: { kind: 'folder', path: '/apps/agent' },
    source: { commit: 'abc', dirty: false, ci: null },
    listen: { host: '0.0.0.0', port: 0 },
    advertise: { host: '10.0.0.7', port: null },
    calibrationMaxAgeS: 60,
  });
});

test('the address that the campaign or the command line says wins over the place', () => {
  const said = { ...run(null), advertise: { host: 'tunnel.example', port: 443 } };
  expect(runOf(insideRequest(said, seconds(7200), here), found, there).advertise).toEqual(said.advertise);
});

test('a deadline of the command is the same instant there: the time in the queue is gone', () => {
  const { deadline } = carried({ at: here.monotonic + HOUR_NS, text: '1h' });
  expect(deadline).toEqual({ at: there.monotonic + HOUR_NS / 2n, text: '1h' });
});

test('the end of the stay is a deadline of its own, three minutes early, where it comes first', () => {
  const stay = { at: there.monotonic + 1020n * 1_000_000_000n, text: '20m', of: 'place' };
  expect(carried(null, 1200).deadline).toEqual(stay);
  expect(carried({ at: here.monotonic + HOUR_NS, text: '1h' }, 1200).deadline).toEqual(stay);
});

test('words are a line of JSON each; one of a later version is refused', () => {
  const word: Word = { kind: 'failed', exitCode: 64, message: 'two\nlines' };
  expect(wordLine(word)).toMatch(/^[^\n]+\n$/);
  expect(parseWord(wordLine(word))).toEqual(word);
  expect(() => parseWord('{"kind":"toString"}')).toThrow("found a word 'toString'");
  expect(() => parseWord('{"kind":"sung"}')).toThrow("found a word 'sung', which this version does not know");
});
