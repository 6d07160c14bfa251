import { expect, test } from 'vitest';
import { niceInBackground, SHORT_SLICE_NS } from '../../../../src/agent/sampler/background.ts';

/** Slices of EEVDF as Linux sets them: 0.7 ms for each doubling of the cores, at most of eight. */
const SLICES_MS = { 1: 0.7, 2: 1.4, 4: 2.1, 8: 2.8 };
/** Of the kernel's table, by another way: each nice value weighs a fifth less than the one before. */
const weight = (nice: number): number => 1024 / 1.25 ** nice;

test.each(Object.entries(SLICES_MS))('on %s cores the deadline lies behind that of others', (_cores, ms) => {
  const nice = niceInBackground(ms * 1e6);
  const deadlineNs = (SHORT_SLICE_NS * 1024) / weight(nice);
  expect(deadlineNs).toBeGreaterThan(ms * 1e6);
});

test('it is no lighter than that takes', () => {
  expect(Object.values(SLICES_MS).map((ms) => niceInBackground(ms * 1e6))).toEqual([10, 12, 14, 15]);
  expect(niceInBackground(6.8e6)).toBe(19);
  // A deadline at the same instant is not behind.
  expect(niceInBackground((SHORT_SLICE_NS * 1024) / 18)).toBe(19);
});

test('where no weight does, and where the kernel tells of no slice, it keeps that of lower priority', () => {
  expect(niceInBackground(7e6)).toBe(10);
  expect(niceInBackground(0)).toBe(10);
});
