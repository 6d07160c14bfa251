import { expect, test } from 'vitest';
import { ANY_INSTANCE } from '../../../../src/campaign/instance.ts';
import { dialInside } from '../../../../src/cli/inside/lead-dial.ts';
import type { InsidePlace } from '../../../../src/engines/inside-place.ts';
import { seconds } from '../../../../src/time/ns.ts';
import { smallCell, smallPlan } from '../../../support/small-plan.ts';

const plan = smallPlan([smallCell()], {
  fleet: {
    engine: 'kubernetes',
    queueNs: seconds(600),
    stayNs: null,
    instances: {},
    coordinator: { listen: null, advertise: null, inside: { instance: ANY_INSTANCE, stayNs: seconds(1200) } },
  },
});

/** A place that is given to nobody: it waits, and takes back what it had asked for when it is told to. */
const full: Pick<InsidePlace, 'start'> = {
  start: (_order, _bundle, waiting, signal) => {
    waiting('0/2 nodes are available');
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      if (signal.aborted) reject(signal.reason);
    });
  },
};

const dialled = (signal: AbortSignal, withinMs: number) =>
  dialInside(
    plan,
    { place: full as InsidePlace, door: { listen: { host: '0.0.0.0', port: 0 } }, runId: 'r' },
    { waiting: () => {}, signal },
    withinMs,
  );

test('a probe whose coordinator is not placed in time says so, with the last reason', async () => {
  expect(await dialled(new AbortController().signal, 5)).toEqual({
    kind: 'unplaced',
    address: '',
    why: 'the coordinator had no place within 0.005 s: 0/2 nodes are available',
  });
});

test('a probe that is called off while its coordinator waits for a place is no fault of the program', async () => {
  expect(await dialled(AbortSignal.abort(new Error('called off')), 60_000)).toMatchObject({
    kind: 'unplaced',
    why: 'it was called off',
  });
});
