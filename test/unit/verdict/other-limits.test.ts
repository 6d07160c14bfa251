import { expect, test } from 'vitest';
import type { Objective } from '../../../src/campaign/objective.ts';
import { limitCautions, underObjectives } from '../../../src/verdict/other-limits.ts';
import { judgeTogether } from '../../../src/verdict/trial-verdict.ts';
import { atLeast, cellOf, errorsBelow, latencyBelow, openPhase } from '../../support/cells.ts';
import { evidenceOf, request } from '../../support/evidence.ts';

const phases = [openPhase('load', 100, 20)];
const planned = cellOf(phases, [latencyBelow(0.95, 100), errorsBelow(0.05)]);

/** 2000 requests, all of the same service time. */
const steady = (serviceMs: number) =>
  evidenceOf(
    planned,
    Array.from({ length: 2000 }, (_, i) => request(i * 10, { service: serviceMs })),
  );

const later = (serviceMs: number, others: readonly Objective[]) =>
  judgeTogether(cellOf(phases, others), [underObjectives(planned, steady(serviceMs), others)], 'target/load');

test('a limit clear of every request is decided as if the run had counted it', () => {
  expect(later(10, [latencyBelow(0.95, 50)]).decision).toBe('pass');
  expect(later(10, [latencyBelow(0.95, 5)]).decision).toBe('fail');
});

test('a limit in the bucket of the requests decides nothing, on either side of them', () => {
  for (const limitMs of [10.002, 10.006]) {
    const { decision, objectives, reasons } = later(10.004, [latencyBelow(0.95, limitMs)]);
    expect(decision, String(limitMs)).toBe('inconclusive');
    expect(objectives[0]).toMatchObject({
      decision: 'inconclusive',
      lessLag: 'inconclusive',
      result: { verdict: 'inconclusive', blindToRarerThanS: null },
    });
    expect(reasons).toMatchObject([{ code: 'limit-not-counted', where: 'target/load' }]);
  }
});

test('the caution says the bucket and how many requests are in it', () => {
  expect(limitCautions(planned, [latencyBelow(0.95, 10.002), latencyBelow(0.99, 100)], [steady(10.004)])).toEqual([
    {
      code: 'limit-not-counted',
      where: 'target/load',
      message:
        'The limit of 10 ms on response was not in the plan: the 2000 requests of its bucket, from 10 ms to below 10.01 ms, count as over for a pass and as under for a fail.',
      hint: expect.stringContaining('Run again'),
    },
  ]);
});

test('objectives of the plan, and those without a latency, need no caution', () => {
  expect(limitCautions(planned, [latencyBelow(0.99, 100), errorsBelow(0.01)], [steady(10)])).toEqual([]);
});

test('a rate is judged by the fewest and the most that can be in time under another grace, and says so', () => {
  // 30 requests of about 2 s end 200 ms after their phase: late for the run's grace of 100 ms, in time for one of 1 s.
  const requests = Array.from({ length: 2000 }, (_, i) =>
    request(i * 10, { service: i < 1800 || i >= 1830 ? 1 : 20_200 - i * 10 }),
  );
  const evidence = evidenceOf(planned, requests);
  const others = [atLeast('throughput', 99.5)];
  const judged = (rate: number) =>
    judgeTogether(cellOf(phases, [atLeast('throughput', rate)]), [underObjectives(planned, evidence, others)], 'here')
      .decision;
  expect(judged(98.9)).toBe('pass');
  expect(judged(99.5)).toBe('inconclusive');
  expect(judged(101)).toBe('fail');
  expect(limitCautions(planned, others, [evidence])).toMatchObject([
    {
      message: expect.stringContaining(
        'within 1000 ms after its phase; the run counted with 100 ms: between 1979 and 2000 requests',
      ),
    },
  ]);
});
