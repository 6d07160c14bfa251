import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { executorName, executorsOf, k6LeadNs } from '../../../src/scenarios/k6/executors.ts';
import { segmentOf, stripesOf, vusOf } from '../../../src/scenarios/k6/segments.ts';
import { k6PlannedCounts, Ticks } from '../../../src/scenarios/k6/ticks.ts';
import { seconds } from '../../../src/time/ns.ts';
import { openPhase } from '../../support/cells.ts';

/** Held against k6's own arithmetic by `k6/output/segments_test.go`. */
const TABLE = new URL('../../../k6/output/testdata/segments.json', import.meta.url);

function indices(vus: number, index: number, of: number, below: number): number[] {
  const { first, steps } = stripesOf(vus, { index, of });
  const found: number[] = [];
  for (let at = first ?? below, step = 0; at < below; at += steps[step++ % steps.length] as number) found.push(at);
  return found;
}

test('the table that k6 is held against is what is computed here', () => {
  const rows = [1, 2, 3, 4, 5, 7, 16].flatMap((of) =>
    [1, 2, 3, 5, 6, 10, 16, 49, 50, 51, 100, 1000].flatMap((vus) =>
      Array.from({ length: of }, (_, index) => ({
        vus,
        ...segmentOf({ index, of }),
        own: vusOf(vus, { index, of }),
        ticks: indices(vus, index, of, 120),
      })),
    ),
  );
  const table = `${JSON.stringify(rows)}\n`;
  if (process.env.LOADCELL_WRITE_TABLE === '1') writeFileSync(TABLE, table);
  expect(readFileSync(TABLE, 'utf8')).toBe(table);
});

test('ticks of all instances are every tick, each once, however virtual users split', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 300 }), (of, vus) => {
      const all = Array.from({ length: of }, (_, index) => indices(vus, index, of, 500)).flat();
      expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, tick) => tick));
    }),
  );
});

test('a half of the segments with 5 virtual users has 3 of every 5 ticks, and the last two thirds of 50/s are 20/s', () => {
  const phase = openPhase('load', 50, 10);
  const counts = [0, 1].map((index) => k6PlannedCounts([phase], { index, of: 2 }, 5, seconds(10))[0]);
  expect(counts).toEqual([300, 200]);
});

test('an instance without a virtual user has no tick', () => {
  const phase = openPhase('load', 50, 10);
  expect([0, 1, 2].map((index) => k6PlannedCounts([phase], { index, of: 3 }, 2, seconds(10))[0])).toEqual([
    250, 250, 0,
  ]);
});

test('ticks are counted up to an instant, and once', () => {
  const ticks = new Ticks(openPhase('load', 100, 10), { index: 0, of: 1 }, 10);
  expect([ticks.until(seconds(1)), ticks.until(seconds(1)), ticks.until(seconds(100))]).toEqual([100, 0, 900]);
});

test('an executor adds up to half an arrival past the last one, so that no rounding adds or loses a tick', () => {
  const phase = openPhase('load', 33.333, 7);
  const executor = executorsOf([phase], 20, seconds(2))[executorName(0)];
  if (executor?.executor !== 'ramping-arrival-rate') throw new Error('expected an arrival rate');
  let from = executor.startRate;
  let area = 0;
  for (const { duration, target } of executor.stages) {
    const s = Number(duration.replace('ns', '').replace('s', '')) / (duration.endsWith('ns') ? 1e9 : 1);
    area += ((from + target) / 2e6) * s;
    from = target;
  }
  const count = phase.load.kind === 'open' ? phase.load.count : 0;
  expect(area).toBeCloseTo(count + 0.5, 3);
  expect(k6LeadNs).toBe(1e6);
});
