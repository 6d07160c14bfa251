import { expect, test } from 'vitest';
import type { Cell } from '../../../../src/campaign/plan.ts';
import { seconds } from '../../../../src/time/ns.ts';
import type { TrialEvidence } from '../../../../src/verdict/evidence.ts';
import { cellsOfNight } from '../../../../src/verdict/gate/night.ts';
import { judgeCell } from '../../../../src/verdict/judge-cell.ts';
import type { Benchmarks } from '../../../../src/verdict/result.ts';
import { cellOf, errorsBelow, latencyBelow, openPhase, withTrials } from '../../../support/cells.ts';
import { evidenceOf, request } from '../../../support/evidence.ts';
import { ownScript } from '../../../support/k6-scripts.ts';
import { smallPlan } from '../../../support/small-plan.ts';

const phase = openPhase('load', 10, 10);
const twice = withTrials(cellOf([phase], [errorsBelow(0.5)]), 2);

/** A trial whose every request takes so many milliseconds. */
const trial = (cell: Cell, service: number, more: Partial<TrialEvidence> = {}): TrialEvidence => ({
  ...evidenceOf(
    cell,
    Array.from({ length: 100 }, (_, i) => request(i * 100, { service }, { seq: i })),
  ),
  ...more,
});
const interrupted = { stop: { atNs: seconds(9.99), cause: 'interrupt' } } as const;
const died = { faults: [{ code: 'runner-died', message: 'gone', agent: 0 }] } as unknown as Partial<TrialEvidence>;

function night(cell: Cell, trials: readonly TrialEvidence[]) {
  const judged = judgeCell(cell, trials, (agent) => `agent-${agent}`);
  const [found] = cellsOfNight(smallPlan([cell]), { cells: [judged] } as unknown as Benchmarks);
  if (found === undefined) throw new Error('no cell');
  const mean = found.figures.find(({ metric }) => metric === 'response.mean');
  return { ...found, mean: mean === undefined ? null : { ms: Math.exp(mean.log), trials: mean.trials } };
}

test('a night is the mean over its trials, on logarithms', () => {
  const { mean } = night(twice, [trial(twice, 4, { trial: 1 }), trial(twice, 9, { trial: 2 })]);
  expect(mean).toEqual({ ms: expect.closeTo(6, 2), trials: 2 });
});

test('a night keeps figures of events where answers stream them, and no others', () => {
  const names = (found: ReturnType<typeof night>) => found.figures.map(({ metric }) => metric);
  const streamed = evidenceOf(
    twice,
    Array.from({ length: 100 }, (_, i) => request(i * 100, { service: 45 }, { seq: i, eventsMs: [20, 30, 40] })),
  );
  const one = withTrials(twice, 1);
  const found = night(one, [streamed]);
  expect(Math.exp(found.figures.find(({ metric }) => metric === 'firstEvent.mean')?.log ?? 0)).toBeCloseTo(20, 1);
  expect(Math.exp(found.figures.find(({ metric }) => metric === 'betweenEvents.mean')?.log ?? 0)).toBeCloseTo(10, 1);
  expect(names(night(one, [trial(one, 4)])).filter((metric) => /event/iu.test(metric))).toEqual([]);
});

test('an attempt that was repeated counts no more', () => {
  const again = [
    trial(twice, 500, { trial: 1, ...interrupted }),
    trial(twice, 4, { trial: 1, attempt: 2 }),
    trial(twice, 9, { trial: 2 }),
  ];
  expect(night(twice, again).mean).toEqual({ ms: expect.closeTo(6, 2), trials: 2 });
});

test('a cell that is invalid has no figures, whatever its valid trials say', () => {
  const three = withTrials(twice, 3);
  const mostlyDied = [
    trial(three, 9, { trial: 1 }),
    trial(three, 9, { trial: 2, ...died }),
    trial(three, 9, { trial: 3, ...died }),
  ];
  const { figures, untrusted } = night(three, mostlyDied);
  expect(figures).toEqual([]);
  expect(untrusted.map(({ code }) => code)).toContain('too-few-valid-trials');
});

test('a cell whose load depends on what it finds is no night', () => {
  const limit: Cell = { ...twice, judgedBy: 'breakpoint' };
  const judged = judgeCell(twice, [trial(twice, 4)], String);
  expect(cellsOfNight(smallPlan([limit]), { cells: [judged] } as unknown as Benchmarks)).toEqual([]);
});

test('goodput by another bound, and another load of a script of its own, are other series', () => {
  const loads = (cell: Cell) => {
    const [found] = cellsOfNight(smallPlan([cell]), { cells: [] } as unknown as Benchmarks);
    return { goodput: found?.loadOf('goodput'), p95: found?.loadOf('response.p95') };
  };
  const within = (limitMs: number): Cell => cellOf([phase], [latencyBelow(0.95, limitMs), latencyBelow(0.99, 900)]);
  expect(loads(within(100)).p95).toBe(loads(within(200)).p95);
  expect(loads(within(100)).goodput).not.toBe(loads(within(200)).goodput);
  const own = (rate: number): Cell => ({ ...twice, spec: ownScript(rate) });
  expect(loads(own(50)).p95).not.toBe(loads(own(60)).p95);
  expect(loads(own(50))).toEqual(loads(own(50)));
});
