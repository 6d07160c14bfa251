import { expect, test } from 'vitest';
import { WarmupMeans } from '../../../src/coordinator/warmup-means.ts';
import { Outcome } from '../../../src/stats/outcome.ts';
import { Tally } from '../../../src/stats/tally.ts';
import { milliseconds } from '../../../src/time/ns.ts';
import { IntervalSchema } from '../../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { tallyToSlot } from '../../../src/wire/interval-codec.ts';
import { create } from '../../../src/wire/protobuf.ts';
import { openPhase } from '../../support/cells.ts';

const warmup = { ...openPhase('warmup', 10, 3, -3), purpose: 'warmup' as const, slots: 1 };
const phases = [warmup, openPhase('load', 10, 2)];

const interval = (startS: number, phase: number, ...responsesMs: readonly number[]) => {
  const tally = new Tally(0);
  for (const response of responsesMs) {
    tally.outcomes[Outcome.ok] = tally.ok + 1;
    tally.response.record(milliseconds(response));
  }
  return create(IntervalSchema, { startNs: BigInt(startS * 1e9), slots: [tallyToSlot(phase, 0, tally)] });
};

test('the warm-up is told by second of completion, over all agents, and the measure phase not at all', () => {
  const warm = new WarmupMeans(phases);
  for (const each of [interval(-3, 0, 10, 30), interval(-1, 0, 5), interval(-1, 0, 8), interval(0, 1, 99)]) {
    warm.add(each);
  }
  expect(warm.means()).toEqual([20, null, 6.5]);
});

test('what the warm-up leaves for the first second after it counts there', () => {
  const warm = new WarmupMeans(phases);
  warm.add(interval(0, 0, 7));
  expect(warm.means()).toEqual([null, null, null, 7]);
});
