import { expect, test } from 'vitest';
import type { Objective } from '../../../../src/campaign/objective.ts';
import { seconds } from '../../../../src/time/ns.ts';
import { judgeObjectives } from '../../../../src/verdict/judge-objective.ts';
import { breakpointResult } from '../../../../src/verdict/objectives/held.ts';
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

test('of several trials the one that came least far decides, ended early or not', () => {
  const cell = cellWith([latencyBelow(0.95, 50)]);
  const far = trialView(cell, evidenceOf(cell, ran(6)));
  // Stopped a second after level 3 began, 40 of its 750 requests over.
  const slow = phases.slice(0, 3).flatMap((phase, index) => {
    const arrivals = uniformMs(phase).filter((at) => at < 11_000);
    return arrivals.map((at, i) => request(at, { service: index === 2 && i < 40 ? 60 : 2 }, { phase: index }));
  });
  const stop = { atNs: seconds(11), cause: 'broke' } as const;
  const near = trialView(cell, evidenceOf(cell, slow, { stop }));
  const point = { held: 100, broke: { level: 'level 3 (150/s)', why: 'response.p95 < 50ms: 5.333 % over' } };
  expect(breakpointResult(cell, [near])).toEqual(point);
  expect(breakpointResult(cell, [far, near])).toEqual(point);
  expect(breakpointResult(cell, [near, far])).toEqual(point);
  expect(breakpointResult(cell, [far])).toEqual({
    held: 150,
    broke: expect.objectContaining({ level: 'level 4 (200/s)' }),
  });
});

test('a trial that was cut off in a level which holds so far says what held before', () => {
  const cell = cellWith([latencyBelow(0.95, 50)]);
  const requests = phases
    .slice(0, 2)
    .flatMap((phase, index) => uniformMs(phase).map((at) => request(at, {}, { phase: index })));
  const stop = { atNs: seconds(7), cause: 'interrupt' } as const;
  const cut = evidenceOf(
    cell,
    requests.filter(({ intendedNs }) => intendedNs < seconds(7)),
    { stop },
  );
  expect(breakpointResult(cell, [trialView(cell, cut)])).toEqual({ held: 50, broke: null });
  expect(breakpointResult(cellOf(phases, []), [])).toBeNull();
});
