import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { modelsOf } from '../../../src/campaign/plan-context.ts';
import { planText } from '../../../src/campaign/plan-text.ts';
import { PLAIN_SESSION } from '../../../src/campaign/target-spec.ts';
import { type Ordered, trialOrder } from '../../../src/campaign/trial-order.ts';
import { arrivalLines } from '../../../src/scenarios/digest.ts';
import { fleetArrivals } from '../../../src/scenarios/schedule.ts';
import { campaignOf, planContext, planOf, referenceModels, sentencesOf } from '../../support/campaigns.ts';

const TEXT = `name: p
description: d
environment: lab
labels: { a: b }
targets:
  m: { onnx: { model: tiny-mlp, providers: [cuda, cpu], threads: 2, batch: 4, bind: { N: 4 } } }
  n: { null: {} }
scenarios:
  l: { load: { rate: 200/s, for: 5s } }
  o: { offline: { samples: 10 }, judge: false }
  c: { closed: { inFlight: 4, for: 5s }, warmup: 0s }
fleet: { agents: 2, workers: 3, backlog: 9, onLoss: { wait: 5s } }
trials: 2
timeout: 1s
drain: 2s
warmup: 1s
`;

test('a plan leaves nothing to decide and survives JSON unchanged', () => {
  const plan = planOf(`${TEXT}seed: 5`);
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  expect(plan).toMatchObject({
    kind: 'loadcell/plan',
    schemaVersion: 1,
    campaign: { name: 'p', description: 'd', environment: 'lab', labels: { a: 'b' }, digest: 'sha256:00' },
    seed: '5',
    onLoss: { waitNs: 5e9 },
    files: [{ path: '/models/tiny-mlp', bytes: 12 }],
  });
  expect(plan.cells.map(({ id }) => id)).toEqual(['m/l', 'm/o', 'm/c', 'n/l', 'n/o', 'n/c']);
  expect(plan.cells[0]).toMatchObject({
    target: 'm',
    scenario: 'l',
    spec: {
      kind: 'onnx',
      model: { kind: 'reference', name: 'tiny-mlp', path: '/models/tiny-mlp', sha256: 'ab'.repeat(32) },
      providers: ['cuda', 'cpu'],
      require: null,
      threads: 2,
      session: PLAIN_SESSION,
      batch: 4,
      bind: { N: 4 },
      inputs: { kind: 'random', samples: 1024 },
    },
    values: { batch: 4, workers: 3 },
    engine: 'local',
    agents: 2,
    workers: 3,
    backlog: 9,
    timeoutNs: 1e9,
    drainNs: 2e9,
    judge: true,
    judgedBy: 'together',
    phases: [
      { name: 'warmup', purpose: 'warmup', startNs: -1e9, durationNs: 1e9, load: { count: 200 } },
      { name: 'load', purpose: 'measure', startNs: 0, durationNs: 5e9, load: { count: 1000 } },
    ],
  });
});

test('a seed that is not written is the one that was drawn', () => {
  expect(planOf(TEXT).seed).toBe('99');
});

test('every target meets the same schedule, and every trial another one', () => {
  const plan = planOf(TEXT);
  const [m, , , n] = plan.cells;
  expect(m?.trials).toEqual(n?.trials);
  expect(m?.trials.map(({ index, scheduled }) => [index, scheduled])).toEqual([
    [1, 1000],
    [2, 1000],
  ]);
  expect(m?.trials[0]?.scheduleDigest).not.toBe(m?.trials[1]?.scheduleDigest);
  expect(planOf(`${TEXT}seed: 8`).cells[0]?.trials[0]?.scheduleDigest).not.toBe(m?.trials[0]?.scheduleDigest);
});

test('the schedule digest is that of the printed arrivals, whatever the fleet', () => {
  const plan = planOf(TEXT);
  const [cell] = plan.cells;
  if (cell === undefined) throw new Error('no cell');
  const hash = createHash('sha256');
  const context = { seed: plan.seed, scenario: 'l', trial: 2 };
  for (const line of arrivalLines(fleetArrivals(cell.phases, context), cell.phases)) hash.update(line);
  expect(cell.trials[1]?.scheduleDigest).toBe(`sha256:${hash.digest('hex')}`);
  const alone = planOf(TEXT, { settings: ['fleet.agents=1', 'fleet.workers=1', 'warmup=0s'] });
  expect(alone.cells[0]?.trials).toEqual(cell.trials);
});

test('offline counts requests: samples over batch, rounded up; its warm-up fills every place', () => {
  const [, offline, , , single] = planOf(TEXT).cells;
  expect(offline?.trials[0]?.scheduled).toBe(3);
  expect(single?.trials[0]?.scheduled).toBe(10);
  expect(offline?.phases[0]?.load).toEqual({ kind: 'closed', inFlight: 6, thinkNs: 0 });
  expect(offline?.judge).toBe(false);
  expect(planOf(TEXT).notes).toContain('scenario o: 10 samples in batches of 4 are 3 full requests');
});

test('closed arrivals have no schedule, and a scenario its own warm-up', () => {
  const closed = planOf(TEXT).cells[2];
  expect(closed?.trials[0]).toEqual({ index: 1, scheduleDigest: null, scheduled: null });
  expect(closed?.phases).toHaveLength(1);
});

const cellsWith = (cells: number, trials: number, open?: Ordered['open']): Ordered[] =>
  Array.from({ length: cells }, () => ({
    ...(open === undefined ? {} : { open }),
    trials: Array.from({ length: trials }, (_, i) => ({ index: i + 1, scheduleDigest: null, scheduled: null })),
  }));

test('trials go over the cells turn by turn, cell by cell or shuffled by the seed', () => {
  const flat = (order: 'interleaved' | 'sequential' | 'random', seed = '1') =>
    trialOrder(cellsWith(3, 2), order, seed).map(({ cell, trial }) => `${cell}.${trial}`);
  expect(flat('interleaved')).toEqual(['0.1', '1.1', '2.1', '0.2', '1.2', '2.2']);
  expect(flat('sequential')).toEqual(['0.1', '0.2', '1.1', '1.2', '2.1', '2.2']);
  expect(flat('random').toSorted()).toEqual(flat('sequential'));
  expect(flat('random')).toEqual(flat('random'));
  expect(new Set(['1', '2', '3', '4', '5'].map((seed) => flat('random', seed).join())).size).toBeGreaterThan(1);
});

test('a shuffle favours no order', () => {
  const firsts = Array.from({ length: 400 }, (_, seed) => trialOrder(cellsWith(2, 1), 'random', String(seed))[0]?.cell);
  const zeros = firsts.filter((cell) => cell === 0).length;
  expect(Math.abs(zeros - 200)).toBeLessThan(60);
});

test('every model is asked for once, and one that is not there is told at its place', () => {
  const campaign = campaignOf(`name: p
targets: { a: { onnx: { model: ./models/x.onnx } }, b: { onnx: { model: models/x.onnx } }, c: { onnx: { model: tiny-mlp } }, d: { onnx: { model: resnet-50 } } }
scenarios: { l: { load: { rate: 200/s, for: 5s } } }
cells: { except: [d/l] }`);
  expect(modelsOf(campaign, referenceModels, 'inside').map(({ key }) => key)).toEqual([
    'file:models/x.onnx',
    'reference:tiny-mlp',
  ]);
  const staged = new Map(planContext(campaign).staged).set('file:models/x.onnx', {
    ok: false,
    problem: 'found no such file, expected an ONNX model',
  });
  expect(buildPlan(campaign, planContext(campaign, { staged }))).toMatchObject({
    ok: false,
    mistakes: [
      { path: 'targets.a.onnx.model', line: 2, message: 'found no such file, expected an ONNX model' },
      { path: 'targets.b.onnx.model', line: 2 },
    ],
  });
});

test('an objective that no number of requests at hand can prove is noted', () => {
  const notes = (scenario: string) =>
    planOf(
      `name: f\ntargets: { n: { null: {} } }\nscenarios: { s: { ${scenario} } }\nobjectives: [response.p95 < 1s]\nwarmup: 0s`,
    ).notes;
  expect(notes('load: { rate: 106/s, for: 1s }')).toEqual([
    'scenario s: response.p95 < 1s cannot pass: that takes 107 requests with none over, it holds 106',
  ]);
  expect(notes('load: { rate: 107/s, for: 1s }')).toEqual([]);
  expect(notes('stress: { from: 50/s, to: 200/s, steps: 2, for: 4s }')).toEqual([
    'scenario s: response.p95 < 1s cannot pass: that takes 107 requests with none over, its smallest level holds 100',
  ]);
  expect(notes('ramp: { from: 1/s, to: 9/s, for: 1s }')).toEqual([]);
});

const scenario = (text: string, more = '') =>
  `name: s\ntargets: { m: { onnx: { model: tiny-mlp${more} } } }\nscenarios: { s: { ${text} } }\nwarmup: 0s\nobjectives: []`;

test.each([
  [
    'load: { rate: 120/s, for: 20s, atLeast: 24576 }',
    204.8,
    24_576,
    'it lasts 204.8s instead of 20s to hold 24576 requests',
  ],
  ['soak: { rate: 100/s, for: 1h, atLeast: 24576 }', 3600, 360_000, null],
  [
    'ramp: { from: 0/s, to: 200/s, for: 10s, atLeast: 3000 }',
    30,
    3000,
    'it lasts 30s instead of 10s to hold 3000 requests',
  ],
  [
    'phases: [{ name: low, rate: 50/s, for: 1s, atLeast: 100 }, { rate: 50/s, for: 1s }]',
    2,
    150,
    'low lasts 2s instead of 1s to hold 100 requests',
  ],
])('%s lasts until both are over, and says so', (text, lasts, requests, note) => {
  const { cells, notes } = planOf(scenario(text));
  const [cell] = cells;
  expect([(cell?.phases[0]?.durationNs ?? 0) / 1e9, cell?.trials[0]?.scheduled]).toEqual([lasts, requests]);
  expect(notes).toEqual(note === null ? [] : [`scenario s: ${note}`]);
});

test('requests that would take months are refused', () => {
  expect(sentencesOf(scenario('load: { rate: 1/h, for: 1s, atLeast: 1000000 }'))).toEqual([
    'scenarios.s.load: found 1000000h in all, expected at most 2400h: a higher rate, or fewer requests',
  ]);
});

test('a bundle of samples is one request of samples / batch inferences, one bundle in flight', () => {
  const text = 'multiStream: { samples: 8, for: 30s }';
  const plan = planOf(scenario(text));
  expect(plan.cells[0]?.phases.map(({ load }) => load)).toEqual([
    { kind: 'closed', inFlight: 1, thinkNs: 0, infers: 8 },
  ]);
  expect(plan.notes).toEqual([
    'scenario s: a bundle of 8 samples is 8 inferences of batch 1, one after the other; batch: 8 makes it one',
  ]);
  expect(planText(plan)).toContain('multiStream         30s  1 in flight, each of 8 inferences\n');
  const whole = planOf(scenario(text, ', batch: 8'));
  expect(whole.cells[0]?.phases.map(({ load }) => load)).toEqual([
    { kind: 'closed', inFlight: 1, thinkNs: 0, infers: 1 },
  ]);
  expect(whole.notes).toEqual([]);
  expect(sentencesOf(scenario(text, ', batch: 3'))).toEqual([
    'scenarios.s.multiStream.samples: found bundles of 8 samples for inferences of batch 3, expected a multiple of the batch, for example 9',
  ]);
});

test.each([
  ['singleStream: { for: 9s, atLeast: 1024 }', '1 in flight, at least 1024 requests'],
  ['multiStream: { samples: 4, for: 9s, atLeast: 270 }', '1 in flight, each of 4 inferences, at least 270 requests'],
  [
    'closed: { inFlight: 1, think: 2ms, for: 9s, atLeast: 50 }',
    '1 in flight, at least 50 requests, 2ms between a completion and the next request',
  ],
])('%s may go on, and says what that costs', (text, line) => {
  const plan = planOf(scenario(text));
  expect(planText(plan)).toContain(line);
  expect(planText(plan)).toContain('length      at least 9s with requests as the target allows');
  expect(plan.notes.at(-1)).toMatch(
    /^scenario s: where it must go on after 9s for its \d+ requests, its figures are facts of the run, without bounds$/,
  );
});

test('a count of requests needs every place that it is dealt to', () => {
  expect(sentencesOf(scenario('closed: { inFlight: 4, for: 9s, atLeast: 50 }'))).toEqual([
    'scenarios.s.closed.inFlight: found atLeast with 4 in flight, of which agents: 1 with workers: 1 keep 1; expected at most 1 in flight, or workers: 4',
  ]);
  expect(
    planOf(`${scenario('closed: { inFlight: 4, for: 9s, atLeast: 50 }')}\nfleet: { agents: 2, workers: 2 }`).cells,
  ).toHaveLength(1);
});
