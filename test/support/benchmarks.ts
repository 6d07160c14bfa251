import type { Estimate } from '../../src/stats/estimate.ts';
import type { ObjectiveResult } from '../../src/verdict/objective-result.ts';
import type { Accounting, Latency, LatencySummary, Rates } from '../../src/verdict/request-figures.ts';
import type { Benchmarks, CellResult } from '../../src/verdict/result.ts';
import { SERIES_COLUMNS } from '../../src/verdict/series.ts';
import type { PhaseResult, TrialResult } from '../../src/verdict/trial-result.ts';
import type { Reason } from '../../src/verdict/verdict.ts';

/** A result that shows every form a figure, a verdict and a reason can take; the figures are made up. */

const observed = (value: number): Estimate => ({ value, low: null, high: null, method: 'observed' });
const bounded = (value: number, low: number | null, high: number | null): Estimate => ({
  value,
  low,
  high,
  confidence: 0.95,
  method: 'woodruff-batch-means',
  ...(high === null ? { needs: 3088 } : {}),
});

const summary = (count: number, of: (ms: number) => Estimate, scale: number): LatencySummary => ({
  count,
  mean: observed(8.3123456 * scale),
  p50: of(7.9 * scale),
  p90: of(10.123 * scale),
  p95: of(11.42 * scale),
  p99: of(15.2 * scale),
  'p99.9': of(28.61 * scale),
  max: observed(1031.25 * scale),
});

const latency = (count: number, of: (ms: number) => Estimate): Latency => ({
  unit: 'ms',
  response: summary(count, of, 1),
  responseOk: summary(count, observed, 1),
  service: summary(count, observed, 0.9),
  wait: summary(count, () => observed(0), 0),
  lag: summary(count, observed, 0.002),
});

const accounting = (scheduled: number, errors: number): Accounting => ({
  scheduled,
  ok: scheduled - errors,
  failed: { timeout: 0, rejected: 0, 'target-error': errors, 'wrong-output': 0 },
  shed: 0,
  unfinished: 0,
  cancelled: 0,
});

const rates = (offered: number): Rates => ({
  offered,
  started: offered,
  achieved: offered - 0.0417,
  goodput: offered - 0.125,
  samples: offered - 0.0417,
});

const phase = (name: string, startMs: number, requests: number, offered: number): PhaseResult => ({
  purpose: 'measure',
  name,
  startMs,
  endMs: startMs + 10_000,
  accounting: accounting(requests, 0),
  rates: rates(offered),
  latency: latency(requests, observed),
});

const needed: Reason = {
  code: 'needs-more-requests',
  where: 'classifier/stress, level 2 (240/s), errors < 1%',
  message: 'the share of errors lies between 0 % and 2.1 %, which neither holds nor breaks the limit of 1 %',
  hint: 'let the level run for 18 s longer, or set the limit where the decision is not this close',
};
const lagHigh: Reason = {
  code: 'lag-high',
  where: 'classifier/load, trial 1',
  message: "the harness started 1 % of the requests more than 1.4 ms late, more than the limit's hundredth of 1 ms",
  hint: 'give the agents a core of their own, or use fewer workers',
};

const objective = (fields: Partial<ObjectiveResult>): ObjectiveResult => ({
  objective: 'response.p95 < 100ms',
  indicator: 'response.p95',
  limit: 100,
  unit: 'ms',
  observed: bounded(11.42, 10.9, 12.1),
  over: { count: 0, of: 2400 },
  verdict: 'pass',
  needs: null,
  phase: null,
  window: null,
  blindToRarerThanS: 4.35,
  reason: null,
  ...fields,
});

const loadObjectives: readonly ObjectiveResult[] = [
  objective({}),
  objective({
    objective: 'throughput >= 100/s',
    indicator: 'throughput',
    unit: '/s',
    observed: observed(119.9583),
    over: null,
  }),
  objective({
    objective: 'errors < 5%',
    indicator: 'errors',
    limit: 0.05,
    unit: 'ratio',
    observed: bounded(0.005, 0.002, 0.0123),
    over: { count: 12, of: 2400 },
  }),
];

const stressObjectives: readonly ObjectiveResult[] = [
  objective({
    objective: 'errors < 1%',
    indicator: 'errors',
    limit: 0.01,
    unit: 'ratio',
    observed: bounded(0, null, 0.021),
    over: { count: 0, of: 2400 },
    verdict: 'inconclusive',
    needs: { requests: 4320.2, seconds: 18 },
    phase: 'level 2 (240/s)',
    reason: needed,
  }),
];

const trial = (cell: string, fields: Partial<TrialResult>): TrialResult => ({
  index: 1,
  attempt: 1,
  verdict: { kind: 'pass', reasons: [], cautions: [] },
  scheduleDigest: `sha256:${'ab'.repeat(32)}`,
  startedAt: '2026-11-22T05:18:08.500Z',
  endedAt: '2026-11-22T05:18:30.000Z',
  accounting: accounting(2400, 12),
  rates: rates(120),
  latency: latency(2400, (ms) => bounded(ms, ms * 0.97, ms > 20 ? null : ms * 1.03)),
  phases: [phase('load', 0, 2400, 120)],
  perAgent: ['agent-0', 'agent-1'].map((agent) => ({
    agent,
    accounting: accounting(1200, 6),
    response: { p50: 7.9, p99: 15.2 },
    lag: { p99: null },
  })),
  failures: [
    {
      class: 'target-error',
      code: '503',
      message: 'busy | <b>later</b>',
      count: 12,
      firstMs: 8123.25,
      agent: 'agent-1',
    },
  ],
  slowest: [
    { seq: 812, sample: 3, intendedMs: 6766.5, waitMs: 900.5, lagMs: 0.031, serviceMs: 130.719, agent: 'agent-0' },
  ],
  objectives: loadObjectives,
  steady: [
    {
      phase: 'load',
      kind: 'steady',
      slope: { change: 0.0123, low: -0.005, high: 0.0296, confidence: 0.95, p: 0.152 },
      kpss: { statistic: 0.1234, critical: 0.739 },
      settledAt: null,
    },
  ],
  warmupAdvice: null,
  breakpoint: null,
  series: { path: `series/${cell}.1.csv`, everyMs: 1000, columns: SERIES_COLUMNS },
  start: { sessionMs: 42.5, firstInferenceMs: 9.1, spreadMs: 0.7 },
  gpu: null,
  host: { cpu: 0.41, steal: 0.001, throttledUs: 0, rssBytes: 81_788_928, pacingCpu: 0.05 },
  energy: null,
  ...fields,
});

const load: CellResult = {
  id: 'classifier/load',
  target: 'classifier',
  scenario: 'load',
  values: { batch: 1, workers: 1 },
  judged: true,
  verdict: { kind: 'pass', reasons: [], cautions: [lagHigh] },
  objectives: loadObjectives,
  betweenTrials: null,
  breakpoint: null,
  peak: null,
  trials: [trial('classifier+load', { verdict: { kind: 'pass', reasons: [], cautions: [lagHigh] } })],
  notRun: [],
};

const censored: Estimate = { value: null, reason: 'censored', low: 1031.25 };
const few: Estimate = { value: null, reason: 'too-few-samples', needs: 3688 };

const stress: CellResult = {
  ...load,
  id: 'classifier/stress',
  scenario: 'stress',
  verdict: { kind: 'inconclusive', reasons: [needed], cautions: [] },
  objectives: stressObjectives,
  trials: [
    trial('classifier+stress', {
      verdict: { kind: 'inconclusive', reasons: [needed], cautions: [] },
      accounting: { ...accounting(3600, 0), ok: 3590, unfinished: 10, cancelled: 1200 },
      latency: {
        ...latency(3600, observed),
        response: { ...summary(3600, observed, 1), p99: few, 'p99.9': few, max: censored },
      },
      phases: [phase('level 1 (120/s)', 0, 1200, 120), phase('level 2 (240/s)', 10_000, 2400, 240)],
      failures: [],
      objectives: stressObjectives,
      steady: [
        {
          phase: 'level 2 (240/s)',
          kind: 'not-stationary',
          slope: { change: -0.251, low: -0.302, high: -0.2, confidence: 0.95, p: 0.00001 },
          kpss: { statistic: 1.75, critical: 0.739 },
          settledAt: { afterMs: 65_000, change: 0.31, atBound: false },
        },
      ],
      warmupAdvice: { lengthS: 5, atLeastS: 70, from: 'measure-phase' },
    }),
  ],
};

const died: Reason = {
  code: 'runner-died',
  where: 'classifier/spike, trial 2, agent-1',
  message: "the runner of agent-1 ended by SIGABRT after 7 s: 'free(): invalid pointer'",
  hint: 'the model or its runtime aborts the process; see whether it does so without load',
};

const spike: CellResult = {
  ...load,
  id: 'classifier/spike',
  scenario: 'spike',
  judged: false,
  verdict: {
    kind: 'pass',
    reasons: [],
    cautions: [
      {
        code: 'invalid-trial-among-valid',
        where: 'classifier/spike',
        message: '1 of 2 trials is invalid and was left out',
        hint: 'see its reasons',
      },
    ],
  },
  trials: [
    trial('classifier+spike', {}),
    trial('classifier+spike', {
      index: 2,
      rates: rates(97.5),
      verdict: { kind: 'invalid', reasons: [died], cautions: [] },
    }),
  ],
};

export const sampleBenchmarks: Benchmarks = {
  kind: 'loadcell/benchmarks',
  schemaVersion: 1,
  run: {
    id: '20261122T051800Z-sample-7f3a',
    campaign: 'sample',
    environment: null,
    labels: { team: 'vision' },
    startedAt: '2026-11-22T05:18:00.000Z',
    endedAt: '2026-11-22T05:19:31.000Z',
    state: 'complete',
    resumed: [],
    seed: '7',
    campaignDigest: `sha256:${'cd'.repeat(32)}`,
    planDigest: `sha256:${'ef'.repeat(32)}`,
    loadcell: '0.1.0',
    source: { commit: 'a'.repeat(40), dirty: true, ci: null },
  },
  verdict: {
    kind: 'inconclusive',
    exitCode: 12,
    reasons: [needed],
    cautions: [lagHigh],
  },
  instrument: {
    calibration: [{ node: 'node-1', ageS: 3600, driver: 'in-process', ceilingPerSecond: 250_000 }],
    clocks: [{ agent: 'agent-0', offsetMs: 0.01, boundMs: 0.05, driftPpm: -0.1 }],
  },
  nodes: [{ id: 'node-1', agents: ['agent-0', 'agent-1'], fingerprint: { cpu: { model: 'Example CPU', cores: 2 } } }],
  targets: { classifier: { kind: 'onnx', model: { sha256: '12'.repeat(32), bytes: 14_000_000, opset: 17 } } },
  cells: [load, stress, spike],
  evidence: [{ path: 'journal/000001.log', sha256: '34'.repeat(32), bytes: 12_345 }],
};
