import { expect, test } from 'vitest';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { judgeObjectives } from '../../../../src/verdict/judge-objective.ts';
import { trialView } from '../../../../src/verdict/trial-view.ts';
import { cellOf, largestBelow, openPhase } from '../../../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../../../support/evidence.ts';
import { uniformMs } from '../../../support/queue.ts';

const phase = openPhase('load', 50, 20);
const cell = cellOf([phase], [largestBelow(200)]);

function judge(make: (at: number, i: number) => MadeRequest) {
  const [judged] = judgeObjectives(cell, [trialView(cell, evidenceOf(cell, uniformMs(phase).map(make)))], 'x');
  return judged;
}

test('a maximum below its limit passes and is shown as it was', () => {
  expect(judge((at, i) => request(at, { service: i === 5 ? 199.999 : 3 }))?.result).toMatchObject({
    verdict: 'pass',
    observed: { value: 199.999, method: 'observed' },
    over: { count: 0, of: 1000 },
  });
});

test('one request at the limit is a fail', () => {
  expect(judge((at, i) => request(at, { service: i === 5 ? 200 : 3 }))?.result).toMatchObject({
    verdict: 'fail',
    over: { count: 1, of: 1000 },
  });
});

test('one failed request is a fail', () => {
  const judged = judge((at, i) => request(at, {}, { outcome: i === 5 ? Outcome.timeout : Outcome.ok }));
  expect(judged?.result).toMatchObject({ verdict: 'fail', observed: { value: null, reason: 'censored' } });
});

test('a maximum that the lag of the harness made is not the target', () => {
  expect(judge((at, i) => request(at, { lag: i === 5 ? 300 : 0 }))).toMatchObject({
    decision: 'fail',
    lessLag: 'pass',
  });
});
