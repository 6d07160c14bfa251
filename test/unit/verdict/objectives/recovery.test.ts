import { expect, test } from 'vitest';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { judgeObjectives } from '../../../../src/verdict/judge-objective.ts';
import { trialView } from '../../../../src/verdict/trial-view.ts';
import { cellOf, openPhase, recoversWithin } from '../../../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../../../support/evidence.ts';
import { uniformMs } from '../../../support/queue.ts';

const phases = [openPhase('before', 40, 5), openPhase('peak', 100, 5, 5), openPhase('after', 40, 10, 10)];
const cell = cellOf(phases, [recoversWithin(4, 100)]);

/** Service in milliseconds and outcome by intended instant. */
function judge(serviceMs: (at: number) => number, outcome: (at: number) => Outcome = () => Outcome.ok) {
  const requests: MadeRequest[] = phases.flatMap((phase, index) =>
    uniformMs(phase).map((at) => request(at, { service: serviceMs(at) }, { phase: index, outcome: outcome(at) })),
  );
  const [judged] = judgeObjectives(cell, [trialView(cell, evidenceOf(cell, requests))], 'x');
  return judged?.result;
}

test('a peak that did no harm has recovered at once', () => {
  expect(judge(() => 10)).toMatchObject({ verdict: 'pass', unit: 's', limit: 4, observed: { value: 0 } });
});

test('the recovery is counted from the end of the peak to the first calm second', () => {
  expect(judge((at) => (at > 6000 && at < 12_500 ? 300 : 10))).toMatchObject({
    verdict: 'pass',
    observed: { value: 3, method: 'observed' },
  });
});

test('a second that is calm and followed by another bad one does not count', () => {
  const result = judge((at) => ((at > 6000 && at < 11_500) || (at > 13_000 && at < 13_500) ? 300 : 10));
  expect(result).toMatchObject({ verdict: 'fail', observed: { value: 4 } });
});

test('never by the end is a fail, with how long was looked', () => {
  expect(judge((at) => (at > 6000 ? 300 : 10))).toMatchObject({
    verdict: 'fail',
    observed: { value: null, reason: 'censored', low: 10 },
  });
});

test('failures are not a recovery, however fast the others are', () => {
  const result = judge(
    () => 10,
    (at) => (at > 10_000 && at < 16_000 && at % 100 === 0 ? Outcome.rejected : Outcome.ok),
  );
  expect(result?.verdict).toBe('fail');
});

test('requests that time out are charged to the second in which they were intended', () => {
  const hangs = (at: number): boolean => at > 10_000 && at < 16_000 && at % 100 === 0;
  const result = judge(
    (at) => (hangs(at) ? 5000 : 10),
    (at) => (hangs(at) ? Outcome.timeout : Outcome.ok),
  );
  expect(result).toMatchObject({ verdict: 'fail', observed: { value: 6 } });
});
