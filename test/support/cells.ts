import type { Indicator, LatencyMetric, Objective } from '../../src/campaign/objective.ts';
import type { Cell } from '../../src/campaign/plan.ts';
import type { Phase, PhaseLoad } from '../../src/scenarios/phase.ts';
import { milliseconds, type Ns, ns, seconds } from '../../src/time/ns.ts';

const phase = (name: string, startS: number, durationS: number, load: PhaseLoad): Phase => ({
  name,
  purpose: 'measure',
  startNs: seconds(startS),
  durationNs: seconds(durationS),
  load,
  slots: durationS === 0 ? 1 : 20 * Math.ceil(durationS / 20),
});

/** A measure phase with one rate. */
export const openPhase = (name: string, rate: number, durationS: number, startS = 0): Phase =>
  phase(name, startS, durationS, {
    kind: 'open',
    law: 'poisson',
    profile: [{ from: rate, to: rate, durationNs: seconds(durationS) }],
    count: Math.round(rate * durationS),
  });

export const rampPhase = (name: string, from: number, to: number, durationS: number, startS = 0): Phase =>
  phase(name, startS, durationS, {
    kind: 'open',
    law: 'poisson',
    profile: [{ from, to, durationNs: seconds(durationS) }],
    count: Math.round(((from + to) / 2) * durationS),
  });

export const closedPhase = (name: string, inFlight: number, durationS: number): Phase =>
  phase(name, 0, durationS, { kind: 'closed', inFlight, thinkNs: ns(0) });

export const atOncePhase = (count: number): Phase => phase('offline', 0, 0, { kind: 'atOnce', count });

/** A cell with one agent and one worker, judged over its measure phases together. */
export function cellOf(phases: readonly Phase[], objectives: readonly Objective[], more: Partial<Cell> = {}): Cell {
  return {
    id: 'target/load',
    target: 'target',
    spec: { kind: 'null' },
    scenario: 'load',
    values: { batch: 1, workers: 1 },
    engine: 'local',
    agents: 1,
    workers: 1,
    pacing: 'precise',
    backlog: null,
    timeoutNs: seconds(5),
    drainNs: seconds(10),
    phases,
    objectives,
    judge: true,
    judgedBy: 'together',
    trials: [{ index: 1, scheduleDigest: 'sha256:0', scheduled: null }],
    ...more,
  };
}

/** A cell with `count` trials. */
export const withTrials = (cell: Cell, count: number): Cell => ({
  ...cell,
  trials: Array.from({ length: count }, (_, i) => ({ index: i + 1, scheduleDigest: null, scheduled: null })),
});

function objective(
  text: string,
  indicator: Indicator,
  comparison: Objective['comparison'],
  limit: number,
  confidence = 0.99,
): Objective {
  return { text, indicator, comparison, limit, overNs: null, abort: false, confidence };
}

/** `response.p95 < 100ms`. */
export const latencyBelow = (quantile: number, limitMs: number, metric: LatencyMetric = 'response'): Objective =>
  objective(
    `${metric}.p${Number((quantile * 100).toFixed(6))} < ${limitMs}ms`,
    { kind: 'latency', metric, quantile },
    '<',
    milliseconds(limitMs),
  );

export const largestBelow = (limitMs: number): Objective =>
  objective(`response.max < ${limitMs}ms`, { kind: 'max' }, '<', milliseconds(limitMs));

export const errorsBelow = (share: number): Objective =>
  objective(`errors < ${Number((share * 100).toFixed(6))}%`, { kind: 'errors' }, '<', share);

export const atLeast = (kind: 'throughput' | 'goodput' | 'samples' | 'held', rate: number): Objective =>
  objective(`${kind} >= ${rate}/s`, { kind }, '>=', rate);

export const recoversWithin = (limitS: number, toMs: number): Objective =>
  objective(`recovery < ${limitS}s`, { kind: 'recovery', toNs: milliseconds(toMs) }, '<', seconds(limitS));

export const overWindow = (of: Objective, overNs: Ns): Objective => ({ ...of, overNs });
