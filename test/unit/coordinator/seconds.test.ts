import { expect, test } from 'vitest';
import { Seconds } from '../../../src/coordinator/seconds.ts';
import { IntervalSchema } from '../../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../../../src/wire/protobuf.ts';
import { openPhase } from '../../support/cells.ts';

const phases = [openPhase('load', 100, 2)];

type Told = { readonly steal?: number; readonly rssBytes?: bigint; readonly loopDelayP99Ms?: number };
const rowOf = (...hosts: readonly Told[]) => {
  const seconds = new Seconds(phases);
  for (const host of hosts) seconds.add(create(IntervalSchema, { startNs: 0n, endNs: 1_000_000_000n, host }));
  return seconds.rows(phases, [])[0];
};

test('what no agent tells of its node is unknown, not zero', () => {
  expect(rowOf({})).toMatchObject({ steal: null, cpu: null, throttledUs: null, rssBytes: null, loopDelayP99Ms: null });
  expect(rowOf({ steal: 0 })?.steal).toBe(0);
});

test('of several agents the largest counts, whoever tells nothing', () => {
  const row = rowOf({ steal: 0.25, loopDelayP99Ms: 1 }, {}, { steal: 0.125, rssBytes: 7n, loopDelayP99Ms: 3 });
  expect(row).toMatchObject({ steal: 0.25, rssBytes: 7, loopDelayP99Ms: 3 });
});
