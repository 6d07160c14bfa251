import { expect, test } from 'vitest';
import { breakpointText, judgedOnText } from '../../../src/report/judged-on.ts';
import type { ObjectiveResult, WindowResult } from '../../../src/verdict/objective-result.ts';
import { sampleBenchmarks } from '../../support/benchmarks.ts';

const some = sampleBenchmarks.cells[0]?.objectives[0] as ObjectiveResult;
const window: WindowResult = {
  kind: 'share',
  startMs: 31_000,
  endMs: 41_000,
  over: 77,
  of: 1000,
  low: 0.052,
  confidence: 0.998,
};

test('an objective was judged on the whole, on its gravest level, or on the window that breached first', () => {
  expect(judgedOnText(some)).toBe('all measure phases');
  expect(judgedOnText({ ...some, phase: 'level 2 (80/s)' })).toBe('level 2 (80/s)');
  expect(judgedOnText({ ...some, window })).toBe('all measure phases, the window breached from 31.00 s to 41.00 s');
  expect(judgedOnText({ ...some, window: { ...window, kind: 'hang' } })).toBe(
    'all measure phases, nothing was answered in the two seconds up to 41.00 s',
  );
});

test('a breakpoint says what held, and what broke and why', () => {
  expect(breakpointText({ held: 80, broke: { level: 'level 3 (120/s)', why: 'errors < 5%: 7 % failed' } })).toBe(
    'The highest level that held is 80.00/s. level 3 (120/s) broke: errors < 5%: 7 % failed',
  );
  expect(breakpointText({ held: 80, broke: null })).toBe('The highest level that held is 80.00/s. None broke.');
  expect(breakpointText({ held: 0, broke: { level: 'level 1', why: 'x' } })).toContain('No level held.');
});
