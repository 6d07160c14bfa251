import { expect, test } from 'vitest';
import { withLook } from '../../../../src/campaign/early-stop.ts';
import type { Objective } from '../../../../src/campaign/objective.ts';
import type { Cell } from '../../../../src/campaign/plan.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { seconds } from '../../../../src/time/ns.ts';
import type { TrialEvidence } from '../../../../src/verdict/evidence.ts';
import { judgeCell } from '../../../../src/verdict/judge-cell.ts';
import { judgeTrial } from '../../../../src/verdict/judge-trial.ts';
import { decideAtLook } from '../../../../src/verdict/looks/look-decision.ts';
import { decidingView } from '../../../../src/verdict/looks/look-view.ts';
import { atLeast, cellOf, errorsBelow, latencyBelow, openPhase, withTrials } from '../../../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../../../support/evidence.ts';
import { uniformMs } from '../../../support/queue.ts';

const names = (agent: number): string => `agent-${agent}`;
const p95 = latencyBelow(0.95, 100);

function cellWith(objectives: readonly Objective[], forS = 20): Cell {
  const cell = cellOf([openPhase('load', 100, forS)], objectives);
  return withLook(cell, [{ index: 1, scheduleDigest: null, scheduled: 100 * forS, beforeLook: 50 * forS }]);
}

/** A trial that a look ended: offered until 11.5 s. */
function stopped(cell: Cell, make: (atMs: number, i: number) => MadeRequest, atS = 11.5): TrialEvidence {
  const [phase] = cell.phases;
  if (phase === undefined) throw new Error('no phase');
  const all = uniformMs(phase).map(make);
  const ran = all.filter(({ intendedNs }) => intendedNs < atS * 1e9);
  const evidence = evidenceOf(cell, ran, { stop: { atNs: seconds(atS), cause: 'sure' } });
  const cancelled = [all.length - ran.length];
  return { ...evidence, agents: evidence.agents.map((agent) => ({ ...agent, cancelled })) };
}

const every = (n: number, slowMs: number) => (at: number, i: number) =>
  request(at, { service: i % n === 0 ? slowMs : 10 });
const decision = (cell: Cell, make: (atMs: number, i: number) => MadeRequest, atS = 11.5) =>
  decideAtLook(cell, decidingView(cell, stopped(cell, make, atS)));

test('a trial far below its limits passes at the look, on what the look saw, and shows all that ran', () => {
  const cell = cellWith([p95, errorsBelow(0.05)]);
  const evidence = stopped(cell, every(100, 150));
  expect(decision(cell, every(100, 150))).toBe('pass');
  const trial = judgeTrial(cell, evidence, names);
  expect(trial.verdict.kind).toBe('pass');
  expect(trial.look).toEqual({ number: 1, of: 2, atMs: 10_000, requests: 1000, errorShare: 0.1, stoppedMs: 11_500 });
  expect(trial.accounting).toMatchObject({ scheduled: 1150, ok: 1150, cancelled: 850, unfinished: 0 });
  expect(trial.latency.response.count).toBe(1150);
  expect(trial.latency.response.p95).toMatchObject({ method: 'order-statistics' });
  expect(trial.rates.offered).toBeCloseTo(100, 6);
  expect(trial.objectives[0]).toMatchObject({ verdict: 'pass', over: { count: 12, of: 1150 } });
  // Blind by the ten seconds that decided, not by the eleven that ran.
  expect(trial.objectives[0]?.blindToRarerThanS).toBeCloseTo(10 / 4.6, 10);
});

test('the verdict of a cell of one trial is that of its trial', () => {
  const cell = cellWith([p95]);
  const result = judgeCell(cell, [stopped(cell, every(100, 150))], names);
  expect(result.verdict.kind).toBe('pass');
  expect(result.objectives[0]).toEqual(result.trials[0]?.objectives[0]);
});

test('a trial far above its limit fails at the look by its bounds', () => {
  const cell = cellWith([p95]);
  expect(decision(cell, every(8, 150))).toBe('fail');
  const trial = judgeTrial(cell, stopped(cell, every(8, 150)), names);
  expect(trial.verdict.kind).toBe('fail');
  expect(trial.verdict.reasons[0]?.message).toMatch(/125 of 1000 scheduled requests .* at confidence 0.999/);
  expect(trial.objectives[0]?.over).toEqual({ count: 144, of: 1150 });
});

test('a share near the limit is left open at the look, and so is what the whole trial would have told', () => {
  const cell = cellWith([p95]);
  expect(decision(cell, every(25, 150))).toBe('inconclusive');
  expect(decision(cell, every(32, 150))).toBe('inconclusive');
});

test('one outage is a gross breach of a whole trial and decides nothing at a look', () => {
  const cell = cellWith([p95]);
  const outage = (at: number) => request(at, { service: at >= 2000 && at < 3600 ? 500 : 10 });
  expect(decision(cell, outage)).toBe('inconclusive');
  const { stop: _early, ...whole } = cell;
  const part = cellOf([openPhase('load', 100, 10)], [p95]);
  const [phase] = part.phases;
  const alone = judgeTrial(part, evidenceOf(part, uniformMs(phase ?? openPhase('load', 100, 10)).map(outage)), names);
  expect(alone.verdict.reasons[0]?.code).toBe('gross-breach');
  expect(whole.objectives).toEqual(cell.objectives);
});

test('all objectives must be decided before a trial ends', () => {
  const slowAndSound = every(8, 150);
  expect(decision(cellWith([p95, errorsBelow(0.05)]), slowAndSound)).toBe('fail');
  const someFail = (at: number, i: number) =>
    request(at, { service: i % 8 === 0 ? 150 : 10 }, i % 22 === 0 ? { outcome: Outcome.targetError } : {});
  expect(decision(cellWith([p95, errorsBelow(0.05)]), someFail)).toBe('inconclusive');
});

test('a decision that hangs on the harness is none', () => {
  const late = (at: number, i: number) => request(at, { lag: i % 8 === 0 ? 140 : 0, service: 10 });
  expect(decision(cellWith([p95]), late)).toBe('inconclusive');
});

test('load that does not stay as it was is not ended early', () => {
  const drifting = (at: number, i: number) => request(at, { service: 10 + at / 4000 + ((i * 7) % 5) });
  expect(decision(cellWith([p95], 20), drifting)).toBe('pass');
  expect(decision(cellWith([p95], 240), drifting, 121)).toBe('inconclusive');
});

test('a throughput half-way is estimated from the share in time, and is no fact of the run', () => {
  const cell = cellWith([p95, atLeast('throughput', 80)]);
  expect(decision(cell, every(100, 150))).toBe('pass');
  const trial = judgeTrial(cell, stopped(cell, every(100, 150)), names);
  const rate = trial.objectives[1];
  expect(rate).toMatchObject({
    verdict: 'pass',
    over: null,
    observed: { method: 'korn-graubard', confidence: 0.999 },
  });
  expect(rate?.observed.value).toBeCloseTo(100, 6);
  const lost = (at: number, i: number) => request(at, {}, i % 3 === 0 ? { outcome: Outcome.targetError } : {});
  const failing = cellWith([atLeast('throughput', 80)]);
  expect(decision(failing, lost)).toBe('fail');
  expect(judgeTrial(failing, stopped(failing, lost), names).objectives[0]?.observed.value).toBeCloseTo(
    100 * (766 / 1150),
    6,
  );
  expect(judgeTrial(failing, stopped(failing, lost), names).verdict.reasons[0]?.message).toMatch(
    /throughput >= 80\/s is missed: 334 of 1000 scheduled requests .* were not answered in time, 20 % may/,
  );
  expect(decision(cellWith([atLeast('throughput', 99.8)]), every(100, 150))).toBe('inconclusive');
});

test('a target without the capacity is not taken for one because its queue is answered later', () => {
  // 60/s at 100/s: what is intended at t completes at t / 0.6, all of it ok in the end.
  const overloaded = (at: number) => request(at, { wait: at / 0.6 - at });
  expect(decision(cellWith([atLeast('throughput', 80)]), overloaded)).not.toBe('pass');
});

test('what the rest contradicts is not decided: an outage between look and stop', () => {
  const cell = cellWith([p95]);
  const outage = (at: number) => request(at, { service: at >= 10_000 ? 900 : 10 });
  expect(decision(cell, outage)).toBe('pass');
  const trial = judgeTrial(cell, stopped(cell, outage), names);
  expect(trial.verdict.kind).toBe('inconclusive');
  expect(trial.verdict.reasons[0]).toMatchObject({ code: 'look-contradicted', where: 'target/load' });
  expect(trial.objectives[0]?.over).toEqual({ count: 150, of: 1150 });
});

test('a trial that runs to its end is judged at what the last look may spend', () => {
  const cell = cellWith([p95]);
  const [phase] = cell.phases;
  const all = evidenceOf(cell, uniformMs(phase ?? openPhase('load', 100, 20)).map(every(12, 150)));
  const trial = judgeTrial(cell, all, names);
  expect(trial.look).toMatchObject({
    number: 2,
    of: 2,
    atMs: 20_000,
    requests: 2000,
    errorShare: 0.9,
    stoppedMs: null,
  });
  expect(trial.verdict.reasons[0]?.message).toContain('at confidence 0.991');
});

test('trials of one cell are pooled at what the last look may spend, each on what decided it', () => {
  const cell = withTrials(cellWith([p95, errorsBelow(0.05)]), 2);
  const [phase] = cell.phases;
  const whole = evidenceOf(cell, uniformMs(phase ?? openPhase('load', 100, 20)).map(every(100, 150)), { trial: 2 });
  const result = judgeCell(cell, [stopped(cell, every(100, 150)), whole], names);
  expect(result.trials.map(({ look }) => look?.number)).toEqual([1, 2]);
  expect(result.verdict.kind).toBe('pass');
  expect(result.objectives[0]).toMatchObject({ verdict: 'pass', over: { count: 32, of: 3150 } });
  expect(result.objectives[1]?.observed).toMatchObject({ method: 'korn-graubard', confidence: 0.991 });
});

test('judged afterwards without looks, all that ran is judged once, at the whole confidence', () => {
  const { stop: _early, ...whole } = cellWith([p95, errorsBelow(0.05), atLeast('throughput', 80)]);
  const trial = judgeTrial(whole, stopped(whole, every(100, 150)), names);
  expect(trial.look).toBeUndefined();
  expect(trial.verdict.kind).toBe('pass');
  expect(trial.objectives.map(({ observed }) => ('confidence' in observed ? observed.confidence : null))).toEqual([
    0.95, 0.99, 0.99,
  ]);
  expect(trial.objectives[0]?.blindToRarerThanS).toBeCloseTo(11.5 / 4.6, 10);
});
