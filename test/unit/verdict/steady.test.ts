import { describe, expect, test } from 'vitest';
import { Outcome } from '../../../src/stats/outcome.ts';
import { ns } from '../../../src/time/ns.ts';
import { judgeCell } from '../../../src/verdict/judge-cell.ts';
import { judgeTrial } from '../../../src/verdict/judge-trial.ts';
import {
  cellOf,
  closedPhase,
  errorsBelow,
  latencyBelow,
  openPhase,
  rampPhase,
  withTrials,
} from '../../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../../support/evidence.ts';
import { poissonMs, served } from '../../support/queue.ts';

const names = (agent: number): string => `agent-${agent}`;
const objectives = [latencyBelow(0.95, 100), errorsBelow(0.05)];
const minute = openPhase('load', 50, 60);
const cell = cellOf([minute], objectives);

/** Requests at 50/s that take `serviceMs` at each instant, with a little noise that does not drift. */
const drifting = (of: typeof minute, serviceMs: (atS: number) => number, more: Partial<MadeRequest> = {}) =>
  poissonMs(of, '7').map((at, i) => request(at, { service: serviceMs(at / 1000) + ((i * 7919) % 5) }, more));

const trialOf = (serviceMs: (atS: number) => number, of = cell) =>
  judgeTrial(of, evidenceOf(of, drifting(minute, serviceMs)), names);

describe('a phase that stays as it was', () => {
  test('is steady, keeps its bounds and passes', () => {
    const { steady, verdict, latency } = trialOf(() => 10);
    expect(steady).toMatchObject([{ phase: 'load', kind: 'steady', settledAt: null }]);
    expect(Math.abs(steady[0]?.slope.change ?? 1)).toBeLessThan(0.05);
    expect(verdict.kind).toBe('pass');
    expect(latency.response.p95).toMatchObject({ confidence: 0.95 });
  });

  test('may drift by less than 5 %, however surely', () => {
    const { steady, verdict } = trialOf((atS) => 10 + (0.45 * atS) / 60);
    expect(steady[0]?.slope.p).toBeLessThan(0.01);
    expect(steady[0]?.kpss.statistic).toBeGreaterThan(0.739);
    expect(steady[0]?.kind).toBe('steady');
    expect(verdict.kind).toBe('pass');
  });
});

describe('a phase that rises', () => {
  const { steady, verdict, latency, objectives: found, phases } = trialOf((atS) => 10 + (10 * atS) / 60);

  test('is not stationary, with how much it rose', () => {
    expect(steady).toMatchObject([{ kind: 'not-stationary' }]);
    expect(steady[0]?.slope.change).toBeCloseTo(10 / 17, 1);
    expect(steady[0]?.slope.low).toBeGreaterThan(0.4);
    expect(steady[0]?.kpss.statistic).toBeGreaterThan(0.739);
  });

  test('is inconclusive at best, and says why', () => {
    expect(verdict).toMatchObject({
      kind: 'inconclusive',
      reasons: [{ code: 'not-stationary', where: 'target/load, load' }],
    });
    expect(verdict.reasons[0]?.message).toMatch(/^The mean response of ok requests rose by \d\d\.?\d* % over load \(/);
    expect(found.map(({ verdict: kind }) => kind)).toEqual(['inconclusive', 'pass']);
    expect(found[0]?.blindToRarerThanS).toBeNull();
  });

  test('has percentiles without bounds', () => {
    expect(latency.response.p95).toMatchObject({ method: 'observed', low: null, high: null });
    expect(phases[0]?.latency.response.p50).toMatchObject({ method: 'observed' });
    expect(found[0]?.observed).toMatchObject({ method: 'observed' });
  });
});

test('a phase that falls is not stationary either', () => {
  const { steady, verdict } = trialOf((atS) => 20 - (10 * atS) / 60);
  expect(steady[0]?.slope.change).toBeLessThan(-0.4);
  expect(verdict.reasons[0]?.message).toContain('fell by');
});

test('a miss stays a fail, drift or not', () => {
  const { steady, verdict } = trialOf((atS) => 100 + 3 * atS);
  expect(steady[0]?.kind).toBe('not-stationary');
  expect(verdict.kind).toBe('fail');
  expect(verdict.reasons.map(({ code }) => code)).not.toContain('not-stationary');
});

test('one trial that drifts keeps its cell from passing', () => {
  const three = withTrials(cell, 3);
  const trials = [1, 2, 3].map((trial) =>
    evidenceOf(three, drifting(minute, trial === 2 ? (atS) => 10 + atS / 5 : () => 10), { trial }),
  );
  const found = judgeCell(three, trials, names);
  expect(found.trials.map(({ verdict }) => verdict.kind)).toEqual(['pass', 'inconclusive', 'pass']);
  expect(found.verdict).toMatchObject({ kind: 'inconclusive', reasons: [{ code: 'not-stationary' }] });
});

describe('it is not asked', () => {
  const rising = (atS: number): number => 10 + atS / 5;
  const steadyOf = (phase: typeof minute, requests: readonly MadeRequest[], more = {}) => {
    const of = cellOf([phase], objectives);
    return judgeTrial(of, evidenceOf(of, requests, more), names).steady;
  };

  test('of less than a minute, of a ramp and of a closed loop', () => {
    const short = openPhase('load', 50, 59);
    expect(steadyOf(short, drifting(short, rising))).toEqual([]);
    expect(steadyOf(rampPhase('ramp', 40, 60, 60), drifting(minute, rising))).toEqual([]);
    expect(steadyOf(closedPhase('closed', 1, 60), drifting(minute, rising))).toEqual([]);
  });

  test('of a phase that was cut, and where a block has nothing ok', () => {
    const until = drifting(minute, rising).filter(({ intendedNs }) => intendedNs < 50e9);
    expect(steadyOf(minute, until, { stop: { atNs: ns(50e9), cause: 'interrupt' } })).toEqual([]);
    const dead = drifting(minute, rising).map((made) =>
      made.intendedNs < 4e9 ? { ...made, outcome: Outcome.targetError } : made,
    );
    expect(steadyOf(minute, dead)).toEqual([]);
  });
});

test('several phases judged together are facts: a drift is told and does not decide', () => {
  const second = openPhase('more', 50, 60, 60);
  const of = cellOf([minute, second], objectives);
  const requests = [...drifting(minute, (atS) => 10 + atS / 5), ...drifting(second, () => 10, { phase: 1 })];
  const trial = judgeTrial(of, evidenceOf(of, requests), names);
  expect(trial.steady.map(({ phase, kind }) => [phase, kind])).toEqual([
    ['load', 'not-stationary'],
    ['more', 'steady'],
  ]);
  expect(trial.verdict.kind).toBe('pass');
  expect(trial.phases.map(({ latency }) => latency.response.p95).map((p95) => 'confidence' in p95)).toEqual([
    false,
    true,
  ]);
});

test('of levels, each is asked for itself and none may drift', () => {
  const second = openPhase('level 2', 50, 60, 60);
  const of = cellOf([minute, second], objectives, { judgedBy: 'level' });
  const requests = [...drifting(minute, () => 10), ...drifting(second, (atS) => atS / 8, { phase: 1 })];
  const { verdict } = judgeTrial(of, evidenceOf(of, requests), names);
  expect(verdict).toMatchObject({ kind: 'inconclusive', reasons: [{ where: 'target/load, level 2' }] });
});

describe('a phase of five minutes', () => {
  const long = openPhase('load', 50, 300);
  const warmup = { ...openPhase('warmup', 50, 5, -5), purpose: 'warmup' as const, slots: 1 };
  const of = cellOf([warmup, long], objectives);
  const slowStart = poissonMs(long, '3').map((at, i) =>
    request(at, { service: (at < 60_000 ? 20 : 10) + ((i * 7919) % 5) }, { phase: 1 }),
  );

  test('whose start is slow settles when that ends, and a longer warm-up is advised', () => {
    const { steady, verdict, warmupAdvice } = judgeTrial(of, evidenceOf(of, slowStart), names);
    expect(steady[0]?.settledAt?.afterMs).toBeCloseTo(60_000, -3);
    expect(steady[0]?.settledAt?.change).toBeCloseTo(10 / 12, 1);
    expect(warmupAdvice).toEqual({ lengthS: 5, atLeastS: 65, from: 'measure-phase' });
    expect(verdict.cautions).toContainEqual(
      expect.objectContaining({ code: 'settled-at', message: expect.stringContaining('load settled at 60 s') }),
    );
  });

  test('keeps its slow start in every figure', () => {
    const { latency, accounting } = judgeTrial(of, evidenceOf(of, slowStart), names);
    expect(accounting.scheduled).toBe(15_000);
    expect(latency.response.p90.value).toBeGreaterThan(20);
  });

  test('with nothing unlike the rest has no such caution, nor advice', () => {
    const even = served(poissonMs(long, '4'), () => 6).map((made) => ({ ...made, phase: 1 }));
    const { steady, verdict, warmupAdvice } = judgeTrial(of, evidenceOf(of, even), names);
    expect(steady).toMatchObject([{ kind: 'steady', settledAt: null }]);
    expect(warmupAdvice).toBeNull();
    expect(verdict.cautions.map(({ code }) => code)).not.toContain('settled-at');
  });

  test('a warm-up that was still changing in its second half should be longer', () => {
    const half = { ...openPhase('warmup', 50, 40, -40), purpose: 'warmup' as const, slots: 1 };
    const warmed = cellOf([half, long], objectives);
    const even = poissonMs(long, '4').map((at, i) => request(at, { service: 10 + (i % 5) }, { phase: 1 }));
    const adviceOn = (warmupMeansMs: readonly number[]) =>
      judgeTrial(warmed, evidenceOf(warmed, even, { warmupMeansMs }), names).warmupAdvice;
    expect(adviceOn(Array.from({ length: 40 }, (_, s) => 60 - s + (s % 3)))).toEqual({
      lengthS: 40,
      atLeastS: 80,
      from: 'warm-up',
    });
    expect(adviceOn(Array.from({ length: 40 }, (_, s) => (s < 5 ? 60 : 10 + (s % 3))))).toBeNull();
    expect(adviceOn([60, 50, 40, 30, 20])).toBeNull();
  });
});
