import { expect, test } from 'vitest';
import { ERROR_EXITS, EXIT_CODES, exitCodeOf, exitCodeOfError } from '../../../src/verdict/exit-code.ts';
import type { Reason } from '../../../src/verdict/verdict.ts';

const caution: Reason = { code: 'lag-high', where: 'a/b', message: 'Late.', hint: 'Wait.' };

test('the table holds the documented codes and no other, and avoids 1 and 2', () => {
  const codes = Object.values(EXIT_CODES).map(({ code }) => code);
  expect(codes.toSorted((a, b) => a - b)).toEqual([0, 10, 11, 12, 13, 14, 64, 70, 130]);
});

test.each([
  ['pass', 0],
  ['fail', 10],
  ['inconclusive', 12],
  ['invalid', 13],
] as const)('the verdict %s exits with %d', (kind, code) => {
  expect(exitCodeOf({ kind, reasons: [], cautions: [caution] }, 'lenient')).toBe(code);
});

test('a pass with cautions exits with 11 under --strict, a clean one with 0', () => {
  expect(exitCodeOf({ kind: 'pass', reasons: [], cautions: [caution] }, 'strict')).toBe(11);
  expect(exitCodeOf({ kind: 'pass', reasons: [], cautions: [] }, 'strict')).toBe(0);
  expect(exitCodeOf({ kind: 'fail', reasons: [], cautions: [caution] }, 'strict')).toBe(10);
});

test('what is knowable before the start exits with 64, what is our own fault with 70', () => {
  expect(exitCodeOfError('campaign')).toBe(64);
  expect(exitCodeOfError('evidence-unwritable')).toBe(70);
  expect(exitCodeOfError('never-registered')).toBe(13);
  expect(exitCodeOfError('no-place')).toBe(12);
  expect(Object.values(ERROR_EXITS).every((exit) => exit in EXIT_CODES)).toBe(true);
});

test('a target that did not open is a mistake to mend, not a run too short to tell', () => {
  const unopened: Reason = { code: 'target-setup', where: 'a/b', message: 'No such operator.', hint: 'Mend it.' };
  const short: Reason = { ...unopened, code: 'needs-more-requests' };
  const verdict = (kind: 'inconclusive' | 'fail', reasons: readonly Reason[]) => ({ kind, reasons, cautions: [] });
  expect(exitCodeOf(verdict('inconclusive', [unopened, unopened]), 'lenient')).toBe(64);
  expect(exitCodeOf(verdict('inconclusive', [unopened, short]), 'lenient')).toBe(12);
  expect(exitCodeOf(verdict('inconclusive', []), 'lenient')).toBe(12);
  expect(exitCodeOf(verdict('fail', [unopened]), 'lenient')).toBe(10);
});
