import { expect, test } from 'vitest';
import type { OpenLoad } from '../../../../src/campaign/open-load.ts';
import type { Cell } from '../../../../src/campaign/plan.ts';
import { settledPhases } from '../../../../src/campaign/settled-load.ts';
import type { Level } from '../../../../src/stats/peak/level.ts';
import { logOdds, shareOfLogOdds } from '../../../../src/stats/peak/log-odds.ts';
import { nextStep } from '../../../../src/stats/peak/search.ts';
import { ns, seconds } from '../../../../src/time/ns.ts';
import type { TrialEvidence } from '../../../../src/verdict/evidence.ts';
import { judgeCell } from '../../../../src/verdict/judge-cell.ts';
import { judgeTrial } from '../../../../src/verdict/judge-trial.ts';
import { levelFinding } from '../../../../src/verdict/peak/level-finding.ts';
import { searchOf } from '../../../../src/verdict/peak/limits.ts';
import type { CellResult } from '../../../../src/verdict/result.ts';
import { atLeast, cellOf, errorsBelow, latencyBelow, withTrials } from '../../../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../../../support/evidence.ts';

const OPEN: OpenLoad = {
  kind: 'search',
  from: 20,
  until: 320,
  everyNs: seconds(20),
  law: 'uniform',
  warmupNs: ns(0),
};

function searching(objectives: Cell['objectives'], open: OpenLoad = OPEN): Cell {
  const level: Level = { stage: 'bracket', rate: 320 };
  const cell = cellOf([], objectives, { id: 't/most', open, judgedBy: 'peak' });
  return withTrials({ ...cell, phases: settledPhases(cell, open, { kind: 'level', level }) }, 29);
}

/** Milliseconds of the request `i` of `of` at a rate. */
type Times = (rate: number, i: number, of: number) => { readonly service: number; readonly lag?: number };

/** A share of evenly spread requests takes 200 ms, and 5 % do so at 100/s. */
const breaksAt =
  (peak: number): Times =>
  (rate, i) => {
    const share = shareOfLogOdds(logOdds(0.05) + 15 * (rate / peak - 1));
    return { service: Math.floor((i + 1) * share) > Math.floor(i * share) ? 200 : 5 };
  };

function levelEvidence(cell: Cell, trial: number, level: Level, times: Times): TrialEvidence {
  if (cell.open === undefined) throw new Error('nothing is open');
  const came = { kind: 'level', level } as const;
  const phases = settledPhases(cell, cell.open, came);
  const own: Cell = { ...cell, phases };
  const [phase] = phases;
  const count = phase?.load.kind === 'open' ? phase.load.count : 0;
  const requests: MadeRequest[] = Array.from({ length: count }, (_, i) => {
    const { service, lag = 0 } = times(level.rate, i, count);
    return request((i * 20_000) / count, { service, lag }, { seq: i });
  });
  return evidenceOf(own, requests, {
    trial,
    settled: { came, phases, schedule: { index: trial, scheduleDigest: `sha256:${trial}`, scheduled: count } },
  });
}

/** Searches as a run does, level by level, on evidence made for each. */
function searched(cell: Cell, times: Times, change: (evidence: TrialEvidence) => TrialEvidence = (one) => one) {
  const search = searchOf({ seed: '7' }, cell);
  if (search === null) throw new Error('no search');
  const trials: TrialEvidence[] = [];
  const found = [];
  for (;;) {
    const step = nextStep(search, found);
    if (step.kind === 'ended') return judgeCell(cell, trials, (agent) => `agent-${agent}`);
    const evidence = change(levelEvidence(cell, trials.length + 1, step.level, times));
    trials.push(evidence);
    const finding = levelFinding(
      cell,
      evidence,
      judgeTrial(cell, evidence, (agent) => `agent-${agent}`),
    );
    if (finding === null) return judgeCell(cell, trials, (agent) => `agent-${agent}`);
    found.push(finding);
  }
}

const P95 = [latencyBelow(0.95, 100), errorsBelow(0.05)];
const codesOf = ({ verdict }: CellResult): string[] => verdict.reasons.map(({ code }) => code);

test('a search that finds and confirms its peak passes, and says which objective binds', () => {
  const cell = searched(searching(P95), breaksAt(100));
  expect(cell.peak).toMatchObject({ ending: 'found', binding: 'response.p95 < 100ms', why: null });
  expect(cell.peak?.rate.value).toBeCloseTo(100, 0);
  expect(cell.verdict.kind).toBe('pass');
  expect(cell.objectives.map(({ verdict, phase }) => [verdict, phase])).toEqual([
    ['pass', 'the lower bound'],
    ['pass', 'the lower bound'],
  ]);
  expect(cell.trials.map(({ scheduleDigest }) => scheduleDigest).slice(0, 2)).toEqual(['sha256:1', 'sha256:2']);
});

test('failures bind where they come first', () => {
  const slow = breaksAt(150);
  const cell = searching(P95);
  const found = searched(cell, slow, (evidence) => {
    const rate = evidence.settled?.came.kind === 'level' ? evidence.settled.came.level.rate : 0;
    const share = shareOfLogOdds(logOdds(0.05) + 15 * (rate / 90 - 1));
    const own = { ...cell, phases: evidence.settled?.phases ?? [] };
    const [phase] = own.phases;
    const count = phase?.load.kind === 'open' ? phase.load.count : 0;
    const requests = Array.from({ length: count }, (_, i) => {
      const fails = Math.floor((i + 1) * share) > Math.floor(i * share);
      return request((i * 20_000) / count, slow(rate, i, count), { seq: i, ...(fails ? { outcome: 4 } : {}) });
    });
    return {
      ...evidenceOf(own, requests, { trial: evidence.trial }),
      ...(evidence.settled === undefined ? {} : { settled: evidence.settled }),
    };
  });
  // Failed requests count as over every limit, and are not in time: of these the tightest share binds first.
  expect(found.peak?.binding).toBe('ok in time >= 99% of offered');
  expect(found.peak?.rate.value ?? 0).toBeLessThan(90);
});

test('a rate that is asked for is held against the bounds of the peak', () => {
  const verdictAt = (limit: number) => {
    const { verdict, objectives } = searched(searching([...P95, atLeast('throughput', limit)]), breaksAt(100));
    return [verdict.kind, objectives.at(-1)?.verdict, verdict.reasons[0]?.code];
  };
  expect(verdictAt(80)).toEqual(['pass', 'pass', undefined]);
  expect(verdictAt(130)).toEqual(['fail', 'fail', 'objective-missed']);
});

test('a first level that fails by bounds fails, and one that only breaks is undecided', () => {
  const failing = searched(searching(P95), breaksAt(15));
  expect(failing.peak).toMatchObject({ ending: 'below-from', binding: 'response.p95 < 100ms' });
  expect(failing.verdict.kind).toBe('fail');
  expect(codesOf(failing)[0]).toBe('peak-not-found');
  const barely = searched(searching(P95), breaksAt(19.8));
  expect(barely.verdict).toMatchObject({ kind: 'inconclusive', reasons: [{ code: 'peak-not-found' }] });
  expect(barely.objectives.map(({ verdict, observed, phase }) => [verdict, observed, phase])).toEqual(
    P95.map(() => ['inconclusive', { value: null, reason: 'not-found' }, null]),
  );
});

test('a peak that hangs on the lag of the harness is invalid', () => {
  const slow = breaksAt(100);
  /** What is over the limit is late by the harness: without its lag nothing is. */
  const late: Times = (rate, i, of) => (slow(rate, i, of).service === 200 ? { service: 95, lag: 6 } : { service: 5 });
  const cell = searched(searching(P95), late);
  expect(cell.peak?.ending).toBe('found');
  expect(cell.verdict.kind).toBe('invalid');
  expect(codesOf(cell)).toEqual(['generator-decides']);
  expect(cell.verdict.reasons[0]?.message).toContain("without the harness's own lag");
});

test('a level that a runner spoilt makes the cell invalid for that reason', () => {
  const cell = searched(searching(P95), breaksAt(100), (evidence) =>
    evidence.trial === 4
      ? { ...evidence, faults: [{ agent: 0, code: 'runner-died', message: 'the runner died' }] }
      : evidence,
  );
  expect(cell.peak).toMatchObject({ ending: 'useless-level' });
  expect(cell.peak?.levels.at(-1)?.held).toBeNull();
  expect(cell.verdict.kind).toBe('invalid');
  expect(codesOf(cell)).toContain('runner-died');
});

test('a level that was interrupted leaves the search open', () => {
  const cell = searched(searching(P95), breaksAt(100), (evidence) =>
    evidence.trial === 3 ? { ...evidence, stop: { atNs: seconds(4), cause: 'interrupt' } } : evidence,
  );
  expect(cell.peak).toMatchObject({ ending: 'unfinished', rate: { value: null } });
  expect(cell.peak?.levels).toHaveLength(2);
  expect(cell.verdict).toMatchObject({ kind: 'inconclusive', reasons: [{ code: 'interrupted' }] });
});

test('levels beyond the peak say so once, and what they are there for is no caution', () => {
  const cell = searched(searching(P95), breaksAt(100));
  expect(cell.verdict.cautions.map(({ code }) => code)).not.toContain('overloaded');
  expect(cell.verdict.cautions.map(({ code }) => code)).not.toContain('run-to-run-not-covered');
});

test('a peak of levels that are short beside the limit says by how much it may be too high', () => {
  const codes = (cell: CellResult) => cell.verdict.cautions.map(({ code }) => code);
  expect(codes(searched(searching(P95), breaksAt(100)))).not.toContain('levels-short');
  const late: Times = (...of) => ({ service: breaksAt(100)(...of).service === 200 ? 900 : 5 });
  const short = searched(searching([latencyBelow(0.95, 400)]), late);
  expect(short.verdict.cautions.find(({ code }) => code === 'levels-short')).toMatchObject({
    message: expect.stringMatching(
      /^The peak may be too high by as much: levels of 20s are short .* at up to 2 % more/,
    ),
    hint: expect.stringContaining('`every: 40s` or more'),
  });
});

test('the curve stands at the peak for the mean share that is allowed', () => {
  const { peak } = searched(searching(P95), breaksAt(100));
  const curve = peak?.curves.find(({ limit }) => limit === 'response.p95 < 100ms');
  const [low, high] = curve?.ends ?? [];
  expect(curve?.crossing).toBe(peak?.rate.value);
  expect(low?.share).toBeLessThan(0.05);
  expect(high?.share).toBeGreaterThan(0.05);
  expect(peak?.curves.find(({ limit }) => limit === 'errors < 5%')?.crossing).toBeNull();
});
