import { expect, test } from 'vitest';
import type { Objective } from '../../../../src/campaign/objective.ts';
import { judgeObjectives } from '../../../../src/verdict/judge-objective.ts';
import { trialView } from '../../../../src/verdict/trial-view.ts';
import { atLeast, cellOf, errorsBelow, latencyBelow, openPhase } from '../../../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../../../support/evidence.ts';
import { served, uniformMs } from '../../../support/queue.ts';

const phases = [50, 100, 150, 200].map((rate, i) => openPhase(`level ${i + 1} (${rate}/s)`, rate, 5, 5 * i));

const cellWith = (objectives: readonly Objective[]) => cellOf(phases, objectives, { judgedBy: 'breakpoint' });

/** A server of `serviceMs`, emptied between levels. */
function ran(serviceMs: number, levels = phases.length): MadeRequest[] {
  return phases
    .slice(0, levels)
    .flatMap((phase, index) => served(uniformMs(phase), () => serviceMs, 1, { phase: index }));
}

function judge(objectives: readonly Objective[], requests: readonly MadeRequest[]) {
  const cell = cellWith(objectives);
  return judgeObjectives(cell, [trialView(cell, evidenceOf(cell, requests))], 'x');
}

test('the highest level before the first that breaks has held, and the one that broke is named', () => {
  const [held] = judge([atLeast('held', 100), latencyBelow(0.95, 50)], ran(8));
  expect(held?.result).toMatchObject({
    verdict: 'pass',
    observed: { value: 100, method: 'observed' },
    phase: 'level 3 (150/s)',
    unit: '/s',
  });
});

test('a written rate that was not held fails and says what broke', () => {
  const [held] = judge([atLeast('held', 150), latencyBelow(0.95, 50)], ran(8));
  expect(held?.result.verdict).toBe('fail');
  expect(held?.result.reason?.message).toContain('level 3 (150/s) broke: response.p95 < 50ms');
});

test('a written rate alone decides', () => {
  const judged = judge([atLeast('held', 100), latencyBelow(0.95, 50), errorsBelow(0.05)], ran(8));
  expect(judged.map(({ decides }) => decides)).toEqual([true, false, false]);
});

test('without a written rate the first level must hold', () => {
  const [, implied] = judge([latencyBelow(0.95, 50)], ran(8));
  expect(implied).toMatchObject({ decides: true, decision: 'pass', result: { objective: 'held >= 50/s' } });
  const [, missed] = judge([latencyBelow(0.95, 50)], ran(30));
  expect(missed).toMatchObject({ decision: 'fail', result: { observed: { value: 0 } } });
});

test('a level in which too few are answered in time breaks without any latency objective', () => {
  const [held] = judge([atLeast('held', 200)], ran(8));
  expect(held?.result.observed.value).toBe(150);
  expect(held?.result.reason?.message).toContain('ok in time');
});

test('the other objectives are shown at the highest level that held', () => {
  const [, latency] = judge([atLeast('held', 100), latencyBelow(0.95, 50)], ran(8));
  expect(latency?.result).toMatchObject({ phase: 'level 2 (100/s)', verdict: 'pass', over: { of: 500 } });
});

test('a rate that the lag of the harness took is not what the target holds', () => {
  const late = phases.flatMap((phase, index) =>
    uniformMs(phase).map((at) => request(at, { lag: 60 }, { phase: index })),
  );
  expect(judge([atLeast('held', 200), latencyBelow(0.95, 50)], late)[0]).toMatchObject({
    decision: 'fail',
    lessLag: 'pass',
  });
});
