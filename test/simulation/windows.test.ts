import { expect, test } from 'vitest';
import { stream } from '../../src/scenarios/rng.ts';
import { milliseconds, seconds } from '../../src/time/ns.ts';
import { SlidingWindow } from '../../src/verdict/window/sliding-window.ts';
import { cellOf, latencyBelow, openPhase, overWindow } from '../support/cells.ts';
import { type Queue, SimulatedSeconds, trueQuantileMs } from '../support/simulated-seconds.ts';

const LENGTH = 1200;
const TROUBLE = 600;

/** End of the second in which a window of 10 s breaches at half its budget; null: it never does. */
function breachS(queue: Queue, limitMs: number, name: string): number | null {
  const objective = overWindow(latencyBelow(0.95, limitMs), seconds(10));
  const cell = cellOf([openPhase('load', queue.rate, LENGTH)], [objective]);
  const windows = new SlidingWindow(objective, cell);
  for (const second of new SimulatedSeconds(queue, milliseconds(limitMs), LENGTH, stream('11', name))) {
    if (windows.add(second) !== null) return second.endNs / 1e9;
  }
  return null;
}

// The whole table, over many hours, at 1,000/s and with constant service too: bench/window-simulation.ts.
test('healthy trials of 20 minutes at half the budget are not aborted', { timeout: 120_000 }, () => {
  const queues = [0.3, 0.5, 0.8].map((load): Queue => ({ law: 'M/M/1', load, rate: 120, trouble: null }));
  const aborted = queues.filter((queue) => {
    const limitMs = trueQuantileMs(queue, 0.975);
    return breachS(queue, limitMs, `healthy/${queue.law}/${queue.load}`) !== null;
  });
  expect(aborted).toEqual([]);
});

test.each([
  ['a hang', 0.5, Number.POSITIVE_INFINITY, 3],
  ['a total overload', 0.5, 4, 4],
  ['a service that takes twice as long', 0.5, 2, 6],
  ['a hang of a busy target', 0.8, Number.POSITIVE_INFINITY, 4],
  ['a total overload of a busy target', 0.8, 2.5, 9],
])('%s is seen within seconds', (name, load, factor, withinS) => {
  const queue: Queue = { law: 'M/M/1', load, rate: 120, trouble: { atS: TROUBLE, factor } };
  const foundS = breachS(queue, trueQuantileMs(queue, 0.975), name);
  expect(foundS).toBeGreaterThan(TROUBLE);
  expect(foundS).toBeLessThanOrEqual(TROUBLE + withinS);
});
