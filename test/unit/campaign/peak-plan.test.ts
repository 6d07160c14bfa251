import { expect, test } from 'vitest';
import type { Plan } from '../../../src/campaign/plan.ts';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { planText } from '../../../src/campaign/plan-text.ts';
import { settledPhases } from '../../../src/campaign/settled-load.ts';
import { maxRate } from '../../../src/scenarios/profile.ts';
import { seconds } from '../../../src/time/ns.ts';
import { campaignOf, planContext } from '../../support/campaigns.ts';

const PEAK = 'most: { peak: { from: 10/s, until: 300/s, every: 20s } }';

function planned(scenarios: string, more = '') {
  const campaign = campaignOf(`name: p
targets: { a: { null: {} }, b: { sleep: { constant: 4ms } } }
scenarios: { ${scenarios} }
objectives: [response.p95 < 50ms, errors < 1%]
warmup: 2s
seed: 7
${more}`);
  return buildPlan(campaign, planContext(campaign));
}

function planOf(scenarios: string, more = ''): Plan {
  const result = planned(scenarios, more);
  if (!result.ok) throw new Error(result.mistakes.map(({ message }) => message).join('\n'));
  return result.plan;
}

const mistakes = (scenarios: string, more = '') => {
  const result = planned(scenarios, more);
  return result.ok ? [] : result.mistakes.map(({ path, message }) => `${path}: ${message}`);
};

const ONLY_A = 'cells: { only: [a/most, a/some] }';
const SOME = 'some: { load: { rate: 70% of peak, for: 5s } }';

test('a search has a trial for every level that may come, and leaves rates and digests to the run', () => {
  const [cell] = planOf(PEAK).cells;
  expect(cell?.open).toEqual({
    kind: 'search',
    from: 10,
    until: 300,
    everyNs: seconds(20),
    law: 'poisson',
    warmupNs: seconds(2),
  });
  expect(cell?.trials).toHaveLength(6 + 6 + 15 + 3);
  expect(cell?.trials[0]).toEqual({ index: 1, scheduleDigest: null, scheduled: null });
  expect(cell?.judgedBy).toBe('peak');
});

test('searches run after what needs none, one after the other, and shares of a peak at last', () => {
  const { cells, order } = planOf(
    `${SOME}, ${PEAK}, load: { load: { rate: 20/s, for: 5s } }`,
    'cells: { only: [a/most, a/some, a/load] }\ntrials: 2',
  );
  expect(cells.map(({ id }) => id)).toEqual(['a/some', 'a/most', 'a/load']);
  expect(order.map(({ cell }) => cell)).toEqual([2, 2, ...new Array<number>(30).fill(1), 0, 0]);
  expect(order.slice(2, 32).map(({ trial }) => trial)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});

test('a share of the peak becomes phases once the peak is known, and before that the most that it may be', () => {
  const [cell] = planOf(`${SOME}, ${PEAK}`, ONLY_A).cells;
  if (cell?.open === undefined) throw new Error('nothing is open');
  const rateOf = (phases: typeof cell.phases) =>
    phases.map(({ load }) => (load.kind === 'open' ? maxRate(load.profile) : null));
  expect(rateOf(cell.phases)).toEqual([210, 210]);
  expect(rateOf(settledPhases(cell, cell.open, { kind: 'peak', rate: 123.4 }))).toEqual([86.38, 86.38]);
  expect(() => settledPhases(cell, cell.open ?? never(), { kind: 'level', level: { stage: 'fit', rate: 1 } })).toThrow(
    'a/some: found a level for a load that is open otherwise',
  );
});

const never = (): never => {
  throw new Error('unreachable');
};

test('every share of a peak in ramps, spikes and phases becomes a rate', () => {
  const [cell] = planOf(
    `s: { phases: [{ rate: 50% of peak, for: 1s }, { ramp: { from: 5/s, to: 110% of peak }, for: 2s }] }, ${PEAK}`,
    'cells: { only: [a/s, a/most] }',
  ).cells;
  if (cell?.open === undefined) throw new Error('nothing is open');
  const phases = settledPhases(cell, cell.open, { kind: 'peak', rate: 100 }).filter(
    ({ purpose }) => purpose === 'measure',
  );
  expect(phases.map(({ load }) => (load.kind === 'open' ? load.profile[0] : null))).toMatchObject([
    { from: 50, to: 50 },
    { from: 5, to: 110 },
  ]);
});

test('a share of a peak needs one search of the same target', () => {
  expect(mistakes(SOME)).toEqual([
    expect.stringMatching(/^scenarios.some.load: found a share of a peak that no scenario of a finds, expected one/),
    expect.stringMatching(/no scenario of b finds/),
  ]);
  const twice = mistakes(`${SOME}, ${PEAK}, other: { peak: { from: 1/s, until: 9/s, every: 5s } }`);
  expect(twice[0]).toMatch(/^scenarios.some.load: found a share of the peak of a, which most and other each search/);
  expect(mistakes(`${SOME}, ${PEAK}`, 'cells: { except: [a/most] }')[0]).toMatch(/no scenario of a finds/);
  expect(mistakes(`some: { load: { rate: 70% of peak, for: 5s, atLeast: 100 } }, ${PEAK}`)[0]).toMatch(
    /^scenarios.some.load: found atLeast/,
  );
});

test('the highest rate of a search counts against the ceiling, and so does a share above it', () => {
  const guarded = (share: string) =>
    mistakes(`some: { load: { rate: ${share} of peak, for: 5s } }, ${PEAK}`, `${ONLY_A}\nguard: { rate: 300/s }`);
  expect(guarded('70%')).toEqual([]);
  expect(guarded('120%')).toEqual([
    expect.stringMatching(/^scenarios.some.load: found up to 360\/s, expected at most/),
  ]);
});

test('objectives that no rate can break are refused where they were written, and left out elsewhere', () => {
  const written = (objective: string) => {
    const campaign = `most: { peak: { from: 10/s, until: 300/s, every: 20s }, objectives: [${objective}] }`;
    try {
      return mistakes(campaign);
    } catch (error) {
      return [String(error)];
    }
  };
  for (const objective of ['response.max < 1s', '{ indicator: response.p95, below: 50ms, over: 5s }'])
    expect(written(objective).join(), objective).toMatch(/expected an objective that a peak scenario has/);
  expect(written('response.p99 < 1s, throughput >= 400/s')).toEqual([]);
});

test('the plan says how many levels a search takes, how long, and what hangs on it', () => {
  const text = planText(planOf(`${SOME}, ${PEAK}`, ONLY_A));
  expect(text).toContain('search      from 10/s by doubling up to 300/s, 20s a level after 2s of warm-up');
  expect(text).toContain(
    'levels      26 to 30, 9m32s to 11m: up to 6 to bracket the peak, 6 inside, 15 around the estimate, 3 at the lower bound',
  );
  expect(text).toContain(
    'rates       shares of the peak of a/most, after which it runs; shown as they would be at 300/s',
  );
  expect(text).toMatch(/In all at most 11m7s and at most .+ and what the search for the peak comes to;/);
});

test('levels run whole: an early end is refused where it was written for a search, and noted elsewhere', () => {
  const early = mistakes(`most: { peak: { from: 10/s, until: 300/s, every: 20s }, stop: early }`);
  expect(early[0]).toMatch(/^scenarios.most.stop: found early, expected end/);
  const { notes, cells } = planOf(PEAK, 'stop: early');
  expect(notes.join()).toContain('scenario most: its trials run whole, whatever stop says');
  expect(cells[0]?.stop).toBeUndefined();
});

test('a first level of too few requests for an objective is told before the start', () => {
  const { notes } = planOf(
    'most: { peak: { from: 1/s, until: 300/s, every: 20s }, objectives: [response.p95 < 50ms] }',
  );
  expect(notes).toContain(
    'scenario most: its first level holds 20 requests, response.p95 < 50ms needs 72: one slow request more may end the search there; begin higher, or make levels longer',
  );
  expect(planOf(PEAK).notes.filter((note) => note.includes('first level'))).toEqual([
    'scenario most: its first level holds 200 requests, errors < 1% needs 368: one slow request more may end the search there; begin higher, or make levels longer',
  ]);
});
