import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { TrialMerge } from '../../../src/coordinator/trial-merge.ts';
import { Tally } from '../../../src/stats/tally.ts';
import { ns, seconds } from '../../../src/time/ns.ts';
import { IntervalSchema } from '../../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { tallyToSlot } from '../../../src/wire/interval-codec.ts';
import { sampleCell } from '../../support/run-journal.ts';

const WARMUP = 0;
const LOAD = 1;

/** One second of an agent: `second` counts from the start of the 2 s of warm-up. */
const interval = (agent: number, second: number, fields: MessageInitShape<typeof IntervalSchema> = {}) =>
  create(IntervalSchema, {
    agent,
    seq: second,
    startNs: BigInt(second - 2) * 10n ** 9n,
    endNs: BigInt(second - 1) * 10n ** 9n,
    ...fields,
  });

const merged = (...intervals: readonly ReturnType<typeof interval>[]): TrialMerge => {
  const merge = new TrialMerge(sampleCell, 1);
  for (const one of intervals) merge.add(one);
  return merge;
};

const slow = (seq: number, phase: number, [waitMs, lagMs, serviceMs]: readonly [number, number, number]) => ({
  seq: BigInt(seq),
  phase,
  sample: seq % 7,
  intendedNs: 5n,
  waitNs: BigInt(waitMs * 1e6),
  lagNs: BigInt(lagMs * 1e6),
  serviceNs: BigInt(serviceMs * 1e6),
});

test('the ten slowest of the measure phases are kept, by response, slowest first', () => {
  const first = Array.from({ length: 8 }, (_, i) => slow(100 + i, LOAD, [i, 0, 1]));
  const second = Array.from({ length: 8 }, (_, i) => slow(200 + i, LOAD, [0, i, 1.5]));
  const { slowest } = merged(
    interval(0, 3, { slowest: [...first, slow(1, WARMUP, [900, 0, 0])] }),
    interval(1, 3, { slowest: second }),
  ).sums(seconds(20));
  expect(slowest.map(({ seq }) => seq)).toEqual([207, 107, 206, 106, 205, 105, 204, 104, 203, 103]);
  expect(slowest[0]).toEqual({
    seq: 207,
    sample: 4,
    intendedNs: ns(5),
    waitNs: 0,
    lagNs: 7e6,
    serviceNs: 1.5e6,
    agent: 1,
  });
});

test('failures are counted by class and code over the fleet, the commonest first, each told by its first', () => {
  const failure = (code: string, count: number, atS: number, message: string, phase = LOAD) => ({
    phase,
    class: 'target-error',
    code,
    message,
    count,
    firstNs: BigInt(atS * 1e9),
  });
  const { failures } = merged(
    interval(0, 3, { failures: [failure('503', 2, 1.5, 'later'), failure('500', 4, 1.1, 'rare')] }),
    interval(1, 3, { failures: [failure('503', 3, 1.2, 'first'), failure('503', 9, -1, 'warm-up', WARMUP)] }),
  ).sums(seconds(20));
  expect(failures).toEqual([
    { class: 'target-error', code: '503', message: 'first', count: 5, firstNs: 1.2e9, agent: 1 },
    { class: 'target-error', code: '500', message: 'rare', count: 4, firstNs: 1.1e9, agent: 0 },
  ]);
});

test('a clock that steps shows as a share of the time it was watched', () => {
  const host = (stepMs: number) => ({ host: { wallMinusMonotonicNs: BigInt(stepMs * 1e6) } });
  const { agents } = merged(
    interval(0, 0, host(5)),
    interval(0, 1, host(-15)),
    interval(0, 2, host(5)),
    interval(0, 3, host(5)),
    interval(1, 0, host(3)),
  ).sums(seconds(20));
  expect(agents.map(({ wallDrift }) => wallDrift)).toEqual([0.005, 0]);
});

test('all that is known of every agent ends with the slowest one', () => {
  expect(merged(interval(0, 0), interval(0, 1), interval(0, 2), interval(1, 0)).completeUntilNs).toBe(-1e9);
});

test('what each agent says of its stop is kept apart', () => {
  const last = (stoppedMs: number) => ({ last: true, stoppedNs: BigInt(stoppedMs * 1e6) });
  const { agents } = merged(interval(0, 0, last(7001)), interval(1, 0, last(6999))).sums(seconds(7));
  expect(agents.map(({ stoppedNs }) => stoppedNs)).toEqual([7001e6, 6999e6]);
  expect(agents.map(({ missingIntervals }) => missingIntervals)).toEqual([0, 0]);
});

test('a phase that lasts for its requests gets the slots that come, and the fleet its last completion', () => {
  const [warmup, load] = sampleCell.phases;
  if (warmup === undefined || load === undefined) throw new Error('two phases');
  const closed = { ...load, load: { kind: 'closed', inFlight: 1, thinkNs: ns(0), atLeast: 9 } as const };
  const merge = new TrialMerge({ ...sampleCell, phases: [warmup, closed] }, 1);
  const beyond = tallyToSlot(LOAD, load.slots + 1, new Tally(1));
  merge.add(interval(0, 3, { slots: [beyond], lastSettledNs: 7n }));
  merge.add(interval(1, 3, { lastSettledNs: 5n }));
  const { slots, lastSettledNs } = merge.sums(seconds(1));
  expect([slots[LOAD]?.length, lastSettledNs]).toEqual([load.slots + 2, 7]);
  expect(() => merged(interval(0, 3, { slots: [beyond] }))).toThrow(`found slot ${load.slots + 1}`);
});
