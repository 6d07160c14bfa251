import { expect, test } from 'vitest';
import { ns, seconds } from '../../../src/time/ns.ts';
import { blocksOfTrial, durationOf, onlyPhase, trialView, wholeOf } from '../../../src/verdict/trial-view.ts';
import { atOncePhase, cellOf, closedPhase, openPhase, rampPhase } from '../../support/cells.ts';
import { evidenceOf, request } from '../../support/evidence.ts';
import { uniformMs } from '../../support/queue.ts';

const low = openPhase('low', 50, 10);
const high = openPhase('high', 100, 10, 10);
const cell = cellOf([low, high], []);
const requests = [
  ...uniformMs(low).map((at) => request(at)),
  ...uniformMs(high).map((at) => request(at, {}, { phase: 1 })),
];

test('a trial shows its measure phases with all their requests', () => {
  const view = trialView(cell, evidenceOf(cell, requests));
  expect(
    view.phases.map(({ index, durationS, complete, whole }) => [index, durationS, complete, whole.settled]),
  ).toEqual([
    [0, 10, true, 500],
    [1, 10, true, 1000],
  ]);
  expect(durationOf([view])).toBe(20);
  expect(wholeOf([view, view], 0).settled).toBe(3000);
});

test('a stop cuts the phase that it falls into and leaves out the later ones', () => {
  const until = requests.filter(({ intendedNs }) => intendedNs < 4e9);
  const view = trialView(cell, evidenceOf(cell, until, { stop: { atNs: seconds(4), cause: 'interrupt' } }));
  expect(view.phases.map(({ index, durationS, complete }) => [index, durationS, complete])).toEqual([[0, 4, false]]);
});

test('slots that are left out take their requests and their time with them', () => {
  const view = trialView(cell, evidenceOf(cell, requests), (startNs) => startNs < 5e9);
  expect(view.phases.map(({ durationS, whole }) => [durationS, whole.settled])).toEqual([
    [5, 250],
    [0, 0],
  ]);
});

test('bounds belong to one phase of constant rate, and to a closed loop', () => {
  const blocksOn = (phases: Parameters<typeof cellOf>[0]) => {
    const of = cellOf(phases, []);
    return blocksOfTrial(trialView(of, evidenceOf(of, [])));
  };
  expect(blocksOn([low])).toHaveLength(20);
  expect(blocksOn([closedPhase('closed', 1, 10)])).toHaveLength(20);
  expect(blocksOn([rampPhase('ramp', 10, 20, 10)])).toBeNull();
  expect(blocksOn([atOncePhase(10)])).toBeNull();
  expect(blocksOn([low, high])).toBeNull();
});

test('one level of several has bounds of its own', () => {
  const view = trialView(cell, evidenceOf(cell, requests));
  expect(blocksOfTrial(view)).toBeNull();
  expect(blocksOfTrial(onlyPhase(view, 1))?.map(({ settled }) => settled)).toEqual(
    Array.from({ length: 20 }, () => 50),
  );
});

test('a closed phase that went on for its requests lasts until the last one settled, and is a fact of the run', () => {
  const closed = closedPhase('closed', 1, 10);
  const of = cellOf([{ ...closed, load: { kind: 'closed', inFlight: 1, thinkNs: ns(0), atLeast: 99 } }], []);
  const within = evidenceOf(of, [request(100), request(200)]);
  const [whole] = trialView(of, { ...within, lastSettledNs: seconds(10.2) }).phases;
  expect([whole?.durationS, whole?.complete, whole?.blocks?.length]).toEqual([10, true, 20]);
  const extra = [...(within.slots[0] ?? []), ...(within.slots[0] ?? [])];
  const beyond = { ...within, slots: [extra], lastSettledNs: seconds(18.5) };
  const [longer] = trialView(of, beyond).phases;
  expect([longer?.durationS, longer?.complete, longer?.blocks, longer?.whole.settled]).toEqual([18.5, true, null, 4]);
  const stopped = trialView(of, { ...beyond, stop: { atNs: seconds(12), cause: 'interrupt' } }).phases[0];
  expect([stopped?.durationS, stopped?.complete]).toEqual([12, false]);
});
