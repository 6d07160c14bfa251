import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { intervalFault } from '../../../src/coordinator/interval-check.ts';
import { Tally } from '../../../src/stats/tally.ts';
import { ns, seconds } from '../../../src/time/ns.ts';
import { IntervalSchema } from '../../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { tallyToSlot } from '../../../src/wire/interval-codec.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

type Init = NonNullable<Parameters<typeof create<typeof IntervalSchema>>[1]>;
const fault = (init: Init, index = 1): string | null =>
  intervalFault(
    smallPlan(),
    () => 1,
    index,
    create(IntervalSchema, { cell: 0, trial: 1, attempt: 1, agent: 1, ...init }),
  );

test('an interval of the plan passes', () => {
  expect(fault({ slots: [tallyToSlot(1, 19, new Tally(1))], phases: [{ phase: 1 }] })).toBeNull();
});

test.each([
  ['a cell that the plan has not', { cell: 1 }, 'found cell 1, the plan has 1'],
  ['the place of another agent', { agent: 0 }, 'found agent 0, expected agent 1'],
  ['a trial that the cell has not', { trial: 2 }, 'found trial 2 of nothing/load'],
  ['a phase that the cell has not', { phases: [{ phase: 2 }] }, 'counts a phase that is not planned'],
  ['failures in a phase that the cell has not', { failures: [{ phase: 2 }] }, 'counts a phase that is not planned'],
  ['slow requests of a phase that the cell has not', { slowest: [{ phase: 9 }] }, 'counts a phase that is not planned'],
  [
    'other outcomes than there are',
    { slots: [{ ...tallyToSlot(1, 0, new Tally(1)), outcomes: [1] }] },
    'slot 0 of phase 1',
  ],
  ['a slot of no phase', { slots: [tallyToSlot(2, 0, new Tally(1))] }, 'slot 0 of phase 2'],
  ['a slot beyond the last', { slots: [tallyToSlot(1, 20, new Tally(1))] }, 'slot 20 of phase 1'],
  ['counts against ages that the cell has not', { overdue: [3], overdueLessLag: [3] }, 'counts 1 ages, expected 0'],
  ['counts against other limits', { slots: [tallyToSlot(1, 0, new Tally(2))] }, 'with 2 limits'],
])('an interval of %s does not', (_, init, message) => {
  expect(fault(init)).toContain(message);
});

test('an agent beyond those that take part in the cell has nothing to report', () => {
  expect(fault({ agent: 2 }, 2)).toContain('found agent 2');
});

test('a phase that lasts for its requests has as many slots as it has lasted', () => {
  const cell = smallCell();
  const [warmup, load] = cell.phases;
  const closed = { kind: 'closed', inFlight: 1, thinkNs: ns(0), atLeast: 9 } as const;
  const phases = [warmup, { ...load, load: closed, durationNs: seconds(20) }] as typeof cell.phases;
  const plan = smallPlan([smallCell({ phases })]);
  const faultAt = (slot: number, endS: number) =>
    intervalFault(
      plan,
      () => 1,
      1,
      create(IntervalSchema, {
        cell: 0,
        trial: 1,
        attempt: 1,
        agent: 1,
        endNs: BigInt(endS) * 10n ** 9n,
        slots: [tallyToSlot(1, slot, new Tally(1))],
      }),
    );
  expect([faultAt(24, 25), faultAt(19, 3)]).toEqual([null, null]);
  expect(faultAt(25, 25)).toContain('found slot 25 of phase 1');
});
