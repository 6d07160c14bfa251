import { expect, test } from 'vitest';
import type { Plan } from '../../../src/campaign/plan.ts';
import { decodeJournalRecord, encodeEvent, type RunEvent, type StopCause } from '../../../src/coordinator/events.ts';
import { EvidenceFold } from '../../../src/coordinator/evidence.ts';
import { whatIsLeft } from '../../../src/coordinator/what-is-left.ts';
import { ns } from '../../../src/time/ns.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

/** Three trials of a cell that nothing is scheduled in, so that books without intervals are sound but for the interval. */
const plan = (retryInvalid = 0): Plan =>
  smallPlan(
    [
      smallCell({
        trials: [1, 2, 3].map((index) => ({ index, scheduleDigest: null, scheduled: 0 })),
      }),
    ],
    { retryInvalid },
  );

const source = { commit: null, dirty: null, ci: null };
type Step = (trial: number, attempt?: number) => RunEvent[];
const started: Step = (trial, attempt = 1) => [
  { kind: 'trial-started', cell: 0, trial, attempt, zeroWall: '2026-11-22T05:18:00.000Z', spreadMs: null },
];
const ended =
  (cause: StopCause | null, more: { readonly anew?: true } = {}): Step =>
  (trial, attempt = 1) => [
    ...started(trial, attempt),
    { kind: 'trial-ended', cell: 0, trial, attempt, stop: cause === null ? null : { atNs: ns(0), cause }, ...more },
  ];
/** Nothing was measured that could be trusted: no interval is there. */
const invalid = ended(null);
/** It never started for the target's sake, which says nothing against the harness. */
const settled: Step = (trial, attempt = 1) => [
  { kind: 'fault', agent: 0, code: 'target-setup', message: 'gone', during: { cell: 0, trial, attempt } },
  { kind: 'trial-ended', cell: 0, trial, attempt, stop: { atNs: ns(0), cause: 'fault' } },
];

function left(of: Plan, ...events: readonly RunEvent[][]) {
  const fold = new EvidenceFold(of);
  for (const event of [{ kind: 'run-started', runId: 'r', source } as const, ...events.flat()]) {
    fold.add(decodeJournalRecord(encodeEvent({ atNs: ns(0), wall: '2026-11-22T05:18:00.000Z', event })));
  }
  return whatIsLeft(of, fold.evidence()).map(({ trial, attempt, retries }) => [trial, attempt, retries]);
}

test('a run that was cut before its first trial owes all of them', () => {
  expect(left(plan())).toEqual([
    [1, 1, 0],
    [2, 1, 0],
    [3, 1, 0],
  ]);
});

test('what ended is kept, what was cut off has its next attempt', () => {
  expect(left(plan(), settled(1), started(2))).toEqual([
    [2, 2, 0],
    [3, 1, 0],
  ]);
});

test.each(['interrupt', 'deadline'] as const)('a trial that ended by %s is owed again', (cause) => {
  expect(left(plan(), settled(1), ended(cause)(2), settled(3))).toEqual([[2, 2, 0]]);
});

test('a late start is no attempt that counts', () => {
  expect(left(plan(), ended('fault', { anew: true })(1), started(1, 2), settled(2), settled(3))).toEqual([[1, 3, 0]]);
});

test('an invalid trial is kept as it is, unless it may be repeated still', () => {
  const events = [invalid(1), settled(2), settled(3)];
  expect(left(plan(0), ...events)).toEqual([]);
  expect(left(plan(1), ...events)).toEqual([[1, 2, 1]]);
  expect(left(plan(1), ...events, invalid(1, 2))).toEqual([]);
  expect(left(plan(2), ...events, started(1, 2))).toEqual([[1, 3, 1]]);
  expect(left(plan(2), ...events, settled(1, 2))).toEqual([]);
});

test('a cell whose trial was aborted owes no further ones, unless the harness brought the abort about', () => {
  // A trial that never started is held against nobody; one without its intervals is invalid.
  const unstarted: RunEvent[] = [
    { kind: 'trial-ended', cell: 0, trial: 1, attempt: 1, stop: { atNs: ns(0), cause: 'abort' } },
  ];
  expect(left(plan(), unstarted)).toEqual([]);
  expect(left(plan(), ended('abort')(1))).toEqual([
    [2, 1, 0],
    [3, 1, 0],
  ]);
});
