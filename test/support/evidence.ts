import type { Cell } from '../../src/campaign/plan.ts';
import type { Completion } from '../../src/stats/completion.ts';
import { lag, response, service, wait } from '../../src/stats/completion.ts';
import { Histogram } from '../../src/stats/histogram.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { plainQuantileNs } from '../../src/stats/percentile.ts';
import { isStreamMetric } from '../../src/stats/stream-tally.ts';
import { type LatencyLimit, Tally } from '../../src/stats/tally.ts';
import { NS_PER_MS, NS_PER_S, type Ns, ns } from '../../src/time/ns.ts';
import type { AgentEvidence, SecondEvidence, TrialEvidence } from '../../src/verdict/evidence.ts';
import { graceNs, latencyLimits } from '../../src/verdict/limits.ts';

/** A request of a made-up trial. Not started: `startNs` at its completion, where it was given up. */
export interface MadeRequest extends Completion {
  readonly phase: number;
  readonly agent: number;
  readonly wasStarted: boolean;
  /** When its answer’s events came, milliseconds from its start. */
  readonly eventsMs?: readonly number[];
}

/** A request that ran: intended at `atMs`, its wait, lag and service in milliseconds. */
export function request(
  atMs: number,
  parts: { readonly wait?: number; readonly lag?: number; readonly service?: number } = {},
  more: Partial<MadeRequest> = {},
): MadeRequest {
  const intended = Math.round(atMs * NS_PER_MS);
  const ready = intended + Math.round((parts.wait ?? 0) * NS_PER_MS);
  const start = ready + Math.round((parts.lag ?? 0) * NS_PER_MS);
  const completed = start + Math.round((parts.service ?? 1) * NS_PER_MS);
  return {
    seq: 0,
    outcome: Outcome.ok,
    intendedNs: ns(intended),
    readyNs: ns(ready),
    startNs: ns(start),
    completedNs: ns(completed),
    phase: 0,
    agent: 0,
    wasStarted: true,
    ...more,
  };
}

/** Evidence of a trial in which exactly these requests were offered: honest books, unless `more` says otherwise. */
export function evidenceOf(
  cell: Cell,
  requests: readonly MadeRequest[],
  more: Partial<TrialEvidence> = {},
): TrialEvidence {
  const limits = latencyLimits(cell.objectives);
  const slots = cell.phases.map((phase) => Array.from({ length: phase.slots }, () => new Tally(limits.length)));
  const perAgent = Array.from({ length: cell.agents }, () => cell.phases.map(() => new Tally(limits.length)));
  for (const made of requests) {
    const phase = cell.phases[made.phase];
    if (phase === undefined) throw new Error(`no phase ${made.phase}`);
    const inPhase = made.intendedNs - phase.startNs;
    const slot = Math.min(phase.slots - 1, Math.floor((inPhase * phase.slots) / Math.max(1, phase.durationNs)));
    const inTimeUntilNs = phase.startNs + phase.durationNs + graceNs(cell.objectives);
    for (const tally of [slots[made.phase]?.[slot], perAgent[made.agent]?.[made.phase]]) {
      if (tally !== undefined) count(tally, made, limits, inTimeUntilNs);
    }
  }
  return {
    cell: 0,
    trial: 1,
    attempt: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:01:00.000Z',
    slots,
    lastSettledNs: null,
    agents: perAgent.map((phases, agent) => agentOf(agent, phases, requests)),
    seconds: secondsOf(cell, requests),
    warmupMeansMs: [],
    sealed: [],
    failures: [],
    slowest: [],
    stop: null,
    faults: [],
    startSpreadMs: cell.agents > 1 ? 0.2 : null,
    ...more,
  };
}

/** The same evidence with something else about every agent. */
export const withAgents = (evidence: TrialEvidence, more: Partial<AgentEvidence>): TrialEvidence => ({
  ...evidence,
  agents: evidence.agents.map((agent) => ({ ...agent, ...more })),
});

/** Counts one request as a runner does. */
function count(tally: Tally, made: MadeRequest, limits: readonly LatencyLimit[], inTimeUntilNs: number): void {
  tally.outcomes[made.outcome] = (tally.outcomes[made.outcome] ?? 0) + 1;
  if (made.wasStarted) {
    tally.started++;
    tally.lag.record(lag(made));
  }
  countEvents(tally, made, limits);
  if (made.outcome !== Outcome.ok) return;
  const durations = { response: response(made), service: service(made), wait: wait(made) };
  tally.response.record(durations.response);
  tally.service.record(durations.service);
  tally.wait.record(durations.wait);
  let withinResponse = true;
  for (const [i, { metric, limitNs }] of limits.entries()) {
    if (isStreamMetric(metric)) continue;
    if (durations[metric] >= limitNs) {
      tally.over[i] = (tally.over[i] ?? 0) + 1;
      withinResponse &&= metric !== 'response';
    }
    if (metric === 'response' && durations.response - lag(made) >= limitNs) {
      tally.overLessLag[i] = (tally.overLessLag[i] ?? 0) + 1;
    }
  }
  if (made.completedNs > inTimeUntilNs) return;
  tally.inTime++;
  if (withinResponse) tally.good++;
}

function countEvents(tally: Tally, made: MadeRequest, limits: readonly LatencyLimit[]): void {
  const { eventsMs = [] } = made;
  const [firstMs] = eventsMs;
  if (firstMs === undefined) return;
  const stream = tally.ownStream();
  const late = (metric: string, valueMs: number): void => {
    for (const [i, limit] of limits.entries())
      if (limit.metric === metric && valueMs * NS_PER_MS >= limit.limitNs) tally.over[i] = (tally.over[i] ?? 0) + 1;
  };
  eventsMs.slice(1).forEach((atMs, i) => {
    const gapMs = atMs - (eventsMs[i] ?? 0);
    stream.betweenEvents.record(gapMs * NS_PER_MS);
    late('betweenEvents', gapMs);
  });
  stream.events += eventsMs.length;
  if (made.outcome !== Outcome.ok) return;
  const beforeMs = (made.startNs - made.intendedNs) / NS_PER_MS;
  stream.firstEvent.record((beforeMs + firstMs) * NS_PER_MS);
  stream.firstEventService.record(firstMs * NS_PER_MS);
  late('firstEvent', beforeMs + firstMs);
  late('firstEventService', firstMs);
}

function agentOf(agent: number, phases: readonly Tally[], requests: readonly MadeRequest[]): AgentEvidence {
  const responsesS = requests
    .filter((made) => made.agent === agent)
    .reduce((sum, made) => sum + response(made) / NS_PER_S, 0);
  return {
    agent,
    phases,
    planned: phases.map((tally) => tally.settled),
    offered: phases.map((tally) => tally.settled),
    started: phases.map((tally) => tally.started),
    cancelled: phases.map(() => 0),
    notStartedThoughFree: 0,
    missingIntervals: 0,
    coarseSeconds: 0,
    beganLateNs: null,
    inFlightS: responsesS,
    settledS: responsesS,
    pacingCpuS: 0.5,
    pacingWallS: 20,
    wallDrift: 0,
    clock: { offsetMs: 0.1, boundMs: 0.2, driftPpm: 1 },
    ceilingPerSecond: 100_000,
    calibrationOk: true,
    provider: null,
    nodes: null,
    repeats: null,
    sessionMs: 10,
    firstInferenceMs: 2,
  };
}

function secondsOf(cell: Cell, requests: readonly MadeRequest[]): SecondEvidence[] {
  const begin = cell.phases[0]?.startNs ?? 0;
  const end = Math.max(begin + NS_PER_S, ...requests.map((made) => made.completedNs));
  return Array.from({ length: Math.ceil((end - begin) / NS_PER_S) }, (_, i) =>
    secondOf(ns(begin + i * NS_PER_S), requests),
  );
}

function secondOf(atNs: Ns, requests: readonly MadeRequest[]): SecondEvidence {
  const endNs = atNs + NS_PER_S;
  const within = (instant: number): boolean => instant >= atNs && instant < endNs;
  const settled = requests.filter((made) => within(made.completedNs));
  const ok = settled.filter((made) => made.outcome === Outcome.ok);
  const intended = requests.filter((made) => within(made.intendedNs));
  const finite = new Histogram();
  for (const made of intended) if (made.outcome === Outcome.ok) finite.record(response(made));
  const quantile = (p: number): number | null => {
    const quantileNs = plainQuantileNs({ finite, infinite: intended.length - finite.total }, p);
    return quantileNs === null ? null : quantileNs / NS_PER_MS;
  };
  return {
    atNs,
    offered: intended.length,
    started: requests.filter((made) => made.wasStarted && within(made.startNs)).length,
    achieved: ok.length,
    failed: settled.length - ok.length,
    inFlight: requests.filter((made) => made.intendedNs < endNs && made.completedNs >= endNs).length,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    lagP99: 0.05,
    steal: 0,
    throttledUs: 0,
    loopDelayP99Ms: 0.5,
    cpu: 0.4,
    rssBytes: 100_000_000,
  };
}
