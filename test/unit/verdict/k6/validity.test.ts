import { expect, test } from 'vitest';
import type { Cell } from '../../../../src/campaign/plan.ts';
import type { K6Spec } from '../../../../src/campaign/target-spec.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import type { TrialEvidence } from '../../../../src/verdict/evidence.ts';
import { judgeCell } from '../../../../src/verdict/judge-cell.ts';
import { judgeTrial } from '../../../../src/verdict/judge-trial.ts';
import type { K6Evidence, PartEvidence } from '../../../../src/verdict/k6/part.ts';
import { cellOf, errorsBelow, openPhase, withTrials } from '../../../support/cells.ts';
import { evidenceOf, request } from '../../../support/evidence.ts';
import { uniformMs } from '../../../support/queue.ts';

const spec: K6Spec = {
  kind: 'k6',
  script: { name: 'x.ts', path: '/x.ts', sha256: '' },
  vus: 50,
  env: {},
  options: 'scenario',
  thresholds: {},
  executors: 'open',
};
const load = openPhase('load', 100, 20);
const cell: Cell = { ...cellOf([load], [errorsBelow(0.05)]), spec };
const told: K6Evidence = { parts: [], markedFailed: false, orphans: 0, vusMax: 50, samples: 'folded' };

const evidence = (more: Partial<K6Evidence> = {}, outcomes: Partial<Record<number, Outcome>> = {}): TrialEvidence => {
  const requests = uniformMs(load).map((at, i) => {
    const outcome = outcomes[i] ?? Outcome.ok;
    return request(
      at,
      { service: outcome === Outcome.shed ? 0 : 10 },
      { outcome, wasStarted: outcome !== Outcome.shed },
    );
  });
  return { ...evidenceOf(cell, requests), k6: { ...told, ...more } };
};

const verdictOf = (of: TrialEvidence) => judgeTrial(cell, of, (agent) => `node-${agent}`).verdict;
const codes = (of: TrialEvidence) => {
  const { kind, reasons, cautions } = verdictOf(of);
  return { kind, reasons: reasons.map(({ code }) => code), cautions: cautions.map(({ code }) => code) };
};

test('a trial by k6 that kept its whole schedule passes without a caution', () => {
  expect(codes(evidence())).toEqual({ kind: 'pass', reasons: [], cautions: [] });
});

test('more than one dropped iteration in a thousand makes it invalid', () => {
  const two = { 500: Outcome.shed, 501: Outcome.shed };
  expect(codes(evidence({}, two)).kind).toBe('pass');
  const { kind, reasons } = verdictOf(evidence({}, { ...two, 502: Outcome.shed }));
  expect(kind).toBe('invalid');
  expect(reasons).toMatchObject([{ code: 'too-few-vus' }]);
  expect(reasons[0]?.message).toMatch(/^k6 dropped 3 iterations of 2000/);
});

test('an exception that belongs to no iteration is a caution', () => {
  expect(codes(evidence({ orphans: 1 })).cautions).toEqual(['exception-unplaced']);
});

test('a teardown that failed is a caution: the load was over', () => {
  expect(verdictOf(evidence({ teardownFailed: 'Error: left behind' }))).toMatchObject({
    kind: 'pass',
    cautions: [{ code: 'teardown-failed', message: expect.stringContaining('Error: left behind') }],
  });
});

test('samples as CSV are a caution that says what they cost and what they do not tell', () => {
  expect(codes(evidence({ samples: 'csv' }))).toEqual({ kind: 'pass', reasons: [], cautions: ['samples-as-csv'] });
  const said = (more: Partial<K6Evidence>, outcomes = {}) =>
    verdictOf(evidence({ samples: 'csv', ...more }, outcomes)).cautions[0]?.message ?? '';
  expect(said({})).toMatch(
    /costs its agent some 30 µs of CPU an iteration, ten times what samples folded inside k6 do\.$/,
  );
  const mine = { metric: 'mine', type: 'unknown', name: '', group: '', scenario: '' } as PartEvidence;
  expect(
    said({ parts: [{ ...mine, time: false, count: 1, nonzero: 1, sum: 1, min: 1, max: 1, histogram: null }] }),
  ).toMatch(/what kinds the script's own metrics are of is not told\.$/);
});

test('a threshold that cannot be judged leaves the verdict open and says why; one without a sample that 0 would keep says nothing', () => {
  const of = (thresholds: K6Spec['thresholds'], type: PartEvidence['type'] = 'rate', name = '', max = 1) => {
    const good: PartEvidence = { ...partOf('good', 10), type, name, max, time: false, nonzero: 9 };
    const { kind, reasons } = judgeTrial(
      { ...cell, spec: { ...spec, options: 'own', thresholds } },
      evidence({ parts: [good] }),
      (agent) => `node-${agent}`,
    ).verdict;
    return [kind, ...reasons.map(({ message }) => message)];
  };
  expect(of({ good: ['rate>0.5'] })).toEqual(['pass']);
  expect(of({ good: ['rate>0.95'] })[0]).toBe('fail');
  expect(of({ good: ['rate>0.5'] }, 'unknown')).toEqual([
    'inconclusive',
    "The script's threshold good: rate>0.5 cannot be judged: a stock k6 does not tell of what kind the script's own metric is.",
  ]);
  expect(of({ 'good{status:200}': ['rate>0.5'] })[1]).toMatch(/cannot be judged: it selects by a tag/);
  expect(of({ good: ['whatever'] })[1]).toMatch(/cannot be judged: its form is not known/);
  expect(of({ 'good{name:none}': ['rate>0.5'], other: ['count<1'] })).toEqual(['pass']);
  expect(of({ other: ['count>0'] })).toEqual([
    'inconclusive',
    "The script's threshold other: count>0 cannot be judged: no iteration left a sample of it, which k6 alone takes for 0, and 0 crosses it.",
  ]);
  expect(of({ 'good{name:none}': ['p(95)>5'] }, 'trend')[1]).toMatch(/no iteration left a sample of it/);
  expect(of({ checks: ['rate>0.9'], 'good{name:none}': ['rate>0.9'] })).toEqual(['pass']);
  expect(of({ good: ['p(95)<4000000'] }, 'trend', '', 5e6)[1]).toMatch(/above 3,600,000 are not told apart/);
  expect(of({ vus: ['value>100'] })[1]).toMatch(/cannot be judged: how many virtual users there are/);
  expect(of({ 'good{name:none}': ['rate>0.5'] }, 'rate', '(others)')[1]).toMatch(/more names than parts are kept by/);
});

test('a count that a script demands is one of each trial, a share and a time of all of them', () => {
  const verdicts = (thresholds: K6Spec['thresholds'], counts: readonly number[]) => {
    const own = withTrials({ ...cell, spec: { ...spec, options: 'own', thresholds } }, counts.length);
    const trials = counts.map((count, i) => ({
      ...evidence({ parts: count === 0 ? [] : [{ ...partOf('done', count), type: 'counter', time: false }] }),
      trial: i + 1,
    }));
    const { objectives } = judgeCell(own, trials, (agent) => `node-${agent}`);
    return objectives.slice(1).map(({ verdict, observed }) => [verdict, observed.value]);
  };
  expect(verdicts({ done: ['count<150'] }, [100, 100])).toEqual([['pass', 100]]);
  expect(verdicts({ done: ['count>150'] }, [200, 100])).toEqual([['fail', 100]]);
  expect(verdicts({ done: ['count>50'] }, [100, 0])).toEqual([['inconclusive', null]]);
  expect(verdicts({ done: ['count<150'] }, [100, 0])).toEqual([['pass', 100]]);
  expect(verdicts({ done: ['rate<5.1'] }, [100, 100])).toEqual([['pass', 5]]);
});

const partOf = (metric: string, count: number): PartEvidence => ({
  ...{ metric, scenario: 'load', group: '', name: '', type: 'trend', time: true },
  ...{ count, nonzero: count, sum: count, min: 1, max: 1, histogram: null },
});
const requests = (each: number) => [partOf('iteration_duration', 2000), partOf('http_req_duration', 2000 * each)];
const calibrated = (more: object, parts: readonly PartEvidence[]): TrialEvidence => {
  const of = evidence({ parts });
  return { ...of, agents: of.agents.map((agent) => ({ ...agent, ...more })) };
};

test('more requests than 70 % of what k6 reached when it was calibrated are a caution', () => {
  const at = (ceilingPerSecond: number, each: number) =>
    codes(calibrated({ ceilingPerSecond }, requests(each))).cautions;
  expect(at(150, 1)).toEqual([]);
  expect(at(140, 1)).toEqual(['near-ceiling']);
  expect(at(400, 3)).toEqual(['near-ceiling']);
  expect(at(450, 3)).toEqual([]);
  expect(at(1, 0)).toEqual([]);
});

test('where most of a service time is k6 itself, that is a caution', () => {
  const own = (floorMs: number, each: number) => verdictOf(calibrated({ floorMs }, requests(each))).cautions;
  expect(own(4.9, 1)).toEqual([]);
  expect(own(5.1, 1)).toMatchObject([{ code: 'driver-floor' }]);
  expect(own(2, 3)[0]?.message).toMatch(/^Of the median service time of 10 ms k6's own part is about 6 ms/);
  expect(own(9, 0)).toEqual([]);
});

test('what a threshold found stands in its own unit', () => {
  const unitsOf = (metric: string, more: Partial<PartEvidence>, of: readonly string[]) => {
    const parts = [{ ...partOf(metric, 200), ...more }];
    const own: Cell = { ...cell, spec: { ...spec, options: 'own', thresholds: { [metric]: of } } };
    const { objectives } = judgeTrial(own, evidence({ parts }), (agent) => `node-${agent}`);
    return objectives.slice(1).map(({ unit, observed }) => [unit, observed.value]);
  };
  const counter = { type: 'counter', time: false } as const;
  expect(unitsOf('iterations', counter, ['count>1', 'rate>1'])).toEqual([
    ['count', 200],
    ['/s', 10],
  ]);
  expect(unitsOf('checks', { type: 'rate', time: false, nonzero: 190 }, ['rate>0.9'])).toEqual([['ratio', 0.95]]);
  expect(unitsOf('took', { sum: 1000 }, ['avg<9'])).toEqual([['ms', 5]]);
  expect(unitsOf('size', { sum: 1000, time: false }, ['avg<9'])).toEqual([['count', 5]]);
});

test("k6's own time is held against no median where most iterations failed", () => {
  const failed = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [i, Outcome.targetError]));
  const of = evidence({ parts: requests(1) }, failed);
  const found = { ...of, agents: of.agents.map((agent) => ({ ...agent, floorMs: 9 })) };
  expect(codes(found).cautions).not.toContain('driver-floor');
});
