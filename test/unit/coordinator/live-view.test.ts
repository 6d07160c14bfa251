import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { deadlinesFor, fleetPlan } from '../../../src/coordinator/fleet-plan.ts';
import { LiveView } from '../../../src/coordinator/live-view.ts';
import { RunCells } from '../../../src/coordinator/run-cells.ts';
import { Tally } from '../../../src/stats/tally.ts';
import { type Interval, IntervalSchema } from '../../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { tallyToSlot } from '../../../src/wire/interval-codec.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

const plan = smallPlan([smallCell(), smallCell({ id: 'nothing/later' })]);
const { trials } = fleetPlan(plan, deadlinesFor('loopback'));
const [first] = trials;
if (first === undefined) throw new Error('unreachable');

/** Second `seq` of an agent: `ok` requests of `responseMs`, and `failed` others. */
function second(agent: number, seq: number, ok: number, responseMs = 10, failed = 0): Interval {
  const tally = new Tally(1);
  for (let i = 0; i < ok; i++) tally.response.record(responseMs * 1e6);
  return create(IntervalSchema, {
    cell: 0,
    trial: 1,
    attempt: 1,
    agent,
    seq,
    startNs: BigInt(seq - 1) * 1_000_000_000n,
    endNs: BigInt(seq) * 1_000_000_000n,
    phases: [{ phase: seq === 0 ? 0 : 1, offered: ok + failed, started: ok, achieved: ok, failed }],
    slots: [tallyToSlot(1, 0, tally)],
    inFlight: 2n,
  });
}

const view = (): LiveView => {
  const live = new LiveView(new RunCells(plan), trials);
  live.begin(first);
  return live;
};

test('a second is shown once, when every agent has told of it', () => {
  const live = view();
  expect(live.add(second(0, 0, 10))).toBeNull();
  expect(live.add(second(1, 0, 20, 10, 1))).toEqual({
    kind: 'second',
    at: first.position,
    live: {
      phase: 'warmup',
      purpose: 'warmup',
      offered: 31,
      achieved: 30,
      p50: 10,
      p95: 10,
      p99: 10,
      failed: 1,
      inFlight: 4,
      phaseLeftS: 0,
      runLeftS: 2 + 3,
    },
  });
});

test('failures add up from the beginning of the trial, and another trial begins anew', () => {
  const live = view();
  live.add(second(0, 0, 1, 10, 2));
  live.add(second(1, 0, 1));
  live.add(second(0, 1, 1, 10, 3));
  expect(live.add(second(1, 1, 1))).toMatchObject({ live: { failed: 5, phase: 'load', phaseLeftS: 1, runLeftS: 4 } });
  live.begin(first);
  live.add(second(0, 0, 1));
  expect(live.add(second(1, 0, 1))).toMatchObject({ live: { failed: 0 } });
});

test('percentiles are those of the last five seconds of the whole fleet', () => {
  const long = smallPlan([smallCell({}, 100, 10)]);
  const orders = fleetPlan(long, deadlinesFor('loopback')).trials;
  const live = new LiveView(new RunCells(long), orders);
  live.begin(orders[0] as (typeof orders)[0]);
  const p99At = (seq: number): number | null => {
    live.add(second(0, seq, 10, seq === 0 ? 1000 : 10));
    const shown = live.add(second(1, seq, 10));
    return shown?.kind === 'second' ? shown.live.p99 : null;
  };
  for (let seq = 0; seq <= 4; seq++) expect(p99At(seq)).toBeCloseTo(1000, 0);
  expect(p99At(5)).toBeCloseTo(10, 1);
});

test('before anything has completed there are no percentiles', () => {
  const live = view();
  live.add(second(0, 0, 0));
  expect(live.add(second(1, 0, 0))).toMatchObject({ live: { p50: null, p95: null, p99: null } });
});

test('after the last phase what is left is the drain', () => {
  const live = view();
  live.add(second(0, 3, 0));
  expect(live.add(second(1, 3, 0))).toEqual({ kind: 'draining', at: first.position, inFlight: 4, leftS: 1 });
});

test('a second that comes after a later one was shown is not shown, and one of another trial never', () => {
  const live = view();
  live.add(second(0, 1, 1));
  live.add(second(1, 1, 1));
  live.add(second(0, 0, 1));
  expect(live.add(second(1, 0, 1))).toBeNull();
  expect(live.add({ ...second(0, 2, 1), trial: 2 })).toBeNull();
});

test('where the last completion ends a phase, nobody knows how much is left', () => {
  const offline = smallCell({
    agents: 1,
    phases: [{ ...smallCell().phases[1], load: { kind: 'atOnce', count: 9 }, durationNs: 0, slots: 1 } as never],
  });
  const only = smallPlan([offline]);
  const orders = fleetPlan(only, deadlinesFor('loopback')).trials;
  const live = new LiveView(new RunCells(only), orders);
  live.begin(orders[0] as (typeof orders)[0]);
  const interval = { ...second(0, 1, 1), phases: [{ ...second(0, 1, 1).phases[0], phase: 0 }] } as Interval;
  expect(live.add(interval)).toMatchObject({ kind: 'second', live: { phaseLeftS: null, runLeftS: null } });
});
