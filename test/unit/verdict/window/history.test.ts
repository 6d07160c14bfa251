import { expect, test } from 'vitest';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { Tally } from '../../../../src/stats/tally.ts';
import { History } from '../../../../src/verdict/window/history.ts';

/** Second i holds i requests. */
function after(seconds: number): History {
  const history = new History(0);
  for (let i = 0; i < seconds; i++) {
    const tally = new Tally(0);
    tally.outcomes[Outcome.ok] = i;
    history.add(tally);
  }
  return history;
}

const sums = (history: History): readonly number[] => (history.groups() ?? []).map(({ ok }) => ok);

test('before 20 seconds there are no groups', () => {
  expect(after(19).groups()).toBeNull();
  expect(sums(after(20))).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test('groups are equal and consecutive, the youngest remainder left out', () => {
  expect(sums(after(39))).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(sums(after(40))).toEqual(Array.from({ length: 20 }, (_, i) => 4 * i + 1));
  expect(sums(after(79))[19]).toBe(57 + 58 + 59);
});

test.each([319, 320, 321, 640, 1000, 3600, 36_000])(
  'after %i seconds at least seven eighths are in equal groups',
  (count) => {
    const groups = sums(after(count));
    expect(groups).toHaveLength(20);
    // Groups of n seconds each: the j-th begins at second j n.
    const steps = groups.slice(1).map((sum, i) => sum - (groups[i] ?? 0));
    expect(new Set(steps).size).toBe(1);
    const n = Math.sqrt(steps[0] ?? 0);
    expect(Number.isInteger(n)).toBe(true);
    expect(groups[0]).toBe((n * (n - 1)) / 2);
    expect(20 * n).toBeLessThanOrEqual(count);
    expect(20 * n).toBeGreaterThan(count < 320 ? count - 20 : (7 / 8) * count);
  },
);
