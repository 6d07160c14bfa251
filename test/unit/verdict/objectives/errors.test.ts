import { expect, test } from 'vitest';
import type { Objective } from '../../../../src/campaign/objective.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { judgeObjectives } from '../../../../src/verdict/judge-objective.ts';
import { trialView } from '../../../../src/verdict/trial-view.ts';
import { cellOf, errorsBelow, openPhase } from '../../../support/cells.ts';
import { evidenceOf, request } from '../../../support/evidence.ts';
import { uniformMs } from '../../../support/queue.ts';

function judge(objective: Objective, fails: (i: number) => boolean, seconds = 20, slowMs = 1) {
  const phase = openPhase('load', 100, seconds);
  const cell = cellOf([phase], [objective]);
  const requests = uniformMs(phase).map((at, i) =>
    request(at, { service: i % 100 < 50 ? slowMs : 1 }, { outcome: fails(i) ? Outcome.rejected : Outcome.ok }),
  );
  const [judged] = judgeObjectives(cell, [trialView(cell, evidenceOf(cell, requests))], 'x');
  if (judged === undefined) throw new Error('nothing was judged');
  return judged.result;
}

test('few failures pass, with the bounds on their share', () => {
  const result = judge(errorsBelow(0.05), (i) => i % 50 === 0);
  expect(result).toMatchObject({ verdict: 'pass', unit: 'ratio', limit: 0.05, over: { count: 40, of: 2000 } });
  expect(result.observed).toMatchObject({ value: 0.02, method: 'korn-graubard', confidence: 0.99 });
  expect(result.observed.low).toBeLessThan(0.02);
});

test('many failures fail', () => {
  expect(judge(errorsBelow(0.05), (i) => i % 10 === 0)).toMatchObject({ verdict: 'fail' });
});

test('failures that come in one burst prove less than the same number spread out', () => {
  expect(judge(errorsBelow(0.05), (i) => i % 33 === 0).verdict).toBe('pass');
  expect(judge(errorsBelow(0.05), (i) => i >= 1000 && i < 1061).verdict).toBe('inconclusive');
});

test('bursts of latency do not inflate an error rate', () => {
  expect(judge(errorsBelow(0.05), (i) => i % 50 === 0, 20, 900).verdict).toBe('pass');
});

test('too few requests are inconclusive without a figure, with what it takes', () => {
  const result = judge(errorsBelow(0.01), () => false, 2);
  expect(result).toMatchObject({
    verdict: 'inconclusive',
    observed: { value: null, reason: 'too-few-samples', needs: 368 },
  });
  expect(result.needs?.requests).toBeGreaterThan(300);
});

test('where no error at all may be, one is a fail and none a pass', () => {
  const none: Objective = { ...errorsBelow(0), comparison: '<=' };
  expect(judge(none, () => false).verdict).toBe('pass');
  expect(judge(none, (i) => i === 77)).toMatchObject({ verdict: 'fail', over: { count: 1, of: 2000 } });
});
