import { expect, test } from 'vitest';
import { LONGEST_SPIN_NS, WakeMargin } from '../../../src/time/wake-margin.ts';

test('the margin settles where about one sleep in a hundred ends later', () => {
  const margin = new WakeMargin();
  let missed = 0;
  for (let i = 0; i < 20_000; i++) {
    // Lateness goes evenly through 60-160 µs.
    const late = 60e3 + ((i * 7919) % 100_003);
    if (i >= 10_000 && late > margin.ns) missed++;
    margin.observe(late);
  }
  expect(margin.ns).toBeGreaterThan(140e3);
  expect(margin.ns).toBeLessThan(200e3);
  expect(missed / 10_000).toBeLessThan(0.02);
});

test('however late sleeps are, nobody spins longer than the cap', () => {
  const margin = new WakeMargin();
  for (let i = 0; i < 100; i++) margin.observe(50e6);
  expect(margin.ns).toBe(LONGEST_SPIN_NS);
});

test('punctual sleeps bring it down again, though never to nothing', () => {
  const margin = new WakeMargin();
  for (let i = 0; i < 100_000; i++) margin.observe(0);
  expect(margin.ns).toBeGreaterThan(0);
  expect(margin.ns).toBeLessThan(50e3);
});
