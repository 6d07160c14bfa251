import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import type { K6Spec } from '../../../src/campaign/target-spec.ts';
import { LiveStops } from '../../../src/coordinator/live-stops.ts';
import { RunCells } from '../../../src/coordinator/run-cells.ts';
import { SealedSeconds } from '../../../src/coordinator/sealed-seconds.ts';
import { Outcome } from '../../../src/stats/outcome.ts';
import { Tally } from '../../../src/stats/tally.ts';
import { seconds } from '../../../src/time/ns.ts';
import { type Interval, IntervalSchema, PartSumsSchema } from '../../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { tallyToSlot } from '../../../src/wire/interval-codec.ts';
import { latencyBelow, overWindow } from '../../support/cells.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

const text = 'response.p95 < 100ms over 10s';
const objective = { ...overWindow(latencyBelow(0.95, 100), seconds(10)), text, abort: true };
const cell = smallCell({ objectives: [objective] }, 100, 60);
const plan = smallPlan([cell, smallCell()]);
const first = { cell: 0, trial: 1, attempt: 1 };

/** Second `seq` since the start of warm-up (which is one second long) of one of two agents. */
function interval(agent: number, seq: number, ok: number, overdue: number, phase = seq === 0 ? 0 : 1): Interval {
  const tally = new Tally(1);
  tally.outcomes[Outcome.ok] = ok;
  const slots = ok === 0 ? [] : [tallyToSlot(phase, 0, tally)];
  return create(IntervalSchema, { ...first, agent, seq, slots, overdue: [overdue], overdueLessLag: [overdue] });
}

test('a second is told once every agent has told of it, in order, and never twice', () => {
  const fleet = new SealedSeconds(cell);
  expect(fleet.add(interval(0, 0, 5, 0))).toEqual([]);
  expect(fleet.add(interval(0, 1, 10, 3))).toEqual([]);
  expect(fleet.add(interval(1, 1, 20, 4))).toEqual([]);
  expect(fleet.add(interval(0, 0, 5, 0))).toEqual([]);
  const [warmup, measured] = fleet.add(interval(1, 0, 5, 0));
  expect(warmup).toMatchObject({ startNs: -1e9, endNs: 0, phases: [], answered: 10 });
  expect(measured).toMatchObject({ startNs: 0, endNs: 1e9, answered: 30, overdue: [7], overdueLessLag: [7] });
  expect(measured?.phases.map(({ phase, tally }) => [phase, tally.ok])).toEqual([[1, 30]]);
  expect(fleet.add(interval(1, 1, 20, 4))).toEqual([]);
});

test('a hang calls for a stop with the interval that shows it, once', () => {
  const stops = new LiveStops(new RunCells(plan));
  stops.begin(first);
  const tell = (seq: number, ok: number, overdue: number) =>
    [0, 1].map((agent) => stops.add(interval(agent, seq, ok, overdue)));
  expect(tell(0, 10, 0)).toEqual([null, null]);
  expect(tell(1, 10, 5)).toEqual([null, null]);
  expect(tell(2, 0, 60)).toEqual([null, null]);
  const [early, called] = tell(3, 0, 100);
  expect(early).toBeNull();
  expect(called).toMatchObject({ ref: first, cause: 'abort' });
  expect(called?.why).toBe(
    'response.p95 < 100ms over 10s: nothing was answered in the two seconds up to 3 s, while 200 requests were older than 100 ms',
  );
  expect(tell(4, 0, 100)).toEqual([null, null]);
});

test('where a look asks for them, a second holds its requests by slot, of all agents together', () => {
  const looked = new SealedSeconds({ ...cell, stop: 'early' });
  for (const agent of [0, 1]) looked.add(interval(agent, 0, 5, 0));
  looked.add(interval(0, 1, 10, 0));
  const [second] = looked.add(interval(1, 1, 20, 0));
  expect(second?.slots.map(({ phase, slot, tally }) => [phase, slot, tally.ok])).toEqual([[1, 0, 30]]);
  expect(second?.phases.map(({ tally }) => tally.ok)).toEqual([30]);
});

test('intervals of another attempt, and cells that run to their end, call for nothing', () => {
  const stops = new LiveStops(new RunCells(plan));
  stops.begin({ ...first, attempt: 2 });
  for (let seq = 0; seq < 6; seq++)
    for (const agent of [0, 1]) expect(stops.add(interval(agent, seq, 0, 50))).toBeNull();
  stops.begin({ ...first, cell: 1 });
  for (let seq = 0; seq < 6; seq++) expect(stops.add(interval(0, seq, 0, 50))).toBeNull();
});

test('a threshold of a script with abortOnFail calls for a stop over the merged parts of all agents, once', () => {
  const spec: K6Spec = {
    kind: 'k6',
    script: { name: 'x.ts', path: '/x.ts', sha256: '' },
    vus: 2,
    env: {},
    options: 'own',
    thresholds: { checks: ['rate>0.5'] },
    aborts: [{ metric: 'checks', threshold: 'rate>0.5', afterNs: seconds(1) }],
    executors: 'closed',
  };
  const stops = new LiveStops(new RunCells(smallPlan([{ ...smallCell(), spec }])));
  stops.begin(first);
  const checks = (agent: number, seq: number, of: number, passed: number): Interval => {
    const part = { metric: 'checks', type: 'rate', count: BigInt(of), nonzero: BigInt(passed), sum: passed };
    return { ...interval(agent, seq, 0, 0), parts: [create(PartSumsSchema, part)] };
  };
  const tell = (seq: number, passed: number) => [0, 1].map((agent) => stops.add(checks(agent, seq, 10, passed)));
  // The warm-up's second ends at 0 s, before the delay.
  expect(tell(0, 0)).toEqual([null, null]);
  expect(stops.add(checks(0, 0, 10, 0))).toBeNull();
  const [early, called] = tell(1, 9);
  expect(early).toBeNull();
  expect(called).toMatchObject({ cause: 'abort', ref: first });
  expect(called?.why).toBe('checks: rate>0.5: it came to 0.45 over the whole fleet');
  expect(tell(2, 0)).toEqual([null, null]);
});
