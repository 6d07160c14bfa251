import type { Cell } from '../campaign/plan.ts';
import { type Estimate, scaled } from '../stats/estimate.ts';
import { largestDuration, meanDuration } from '../stats/mean.ts';
import { Outcome } from '../stats/outcome.ts';
import { percentile, plainQuantileNs } from '../stats/percentile.ts';
import { type PopulationName, populationOf, sizeOf } from '../stats/population.ts';
import type { Tally } from '../stats/tally.ts';
import { NS_PER_MS, NS_PER_S } from '../time/ns.ts';
import type { AgentEvidence, TrialEvidence } from './evidence.ts';
import { batchOf } from './judge-objective.ts';
import { countedFor } from './objectives/rate.ts';
import { trialEnergy } from './observed/energy.ts';
import { energyResult } from './observed/energy-result.ts';
import type { EnergyResult, GpuResult } from './observed/gpu-result.ts';
import { gpuResult } from './observed/summary.ts';
import { windowOf } from './observed/window.ts';
import type { PhaseView } from './phase-view.ts';
import type { Accounting, Latency, LatencySummary, Rates } from './request-figures.ts';
import type { PhaseResult, TrialResult } from './trial-result.ts';
import { blocksToBound } from './trial-view.ts';

/** scheduled = ok + sum(failed) + shed + unfinished by construction; `cancelled` stands outside. */
export function accountingOf(tally: Tally, cancelled: number): Accounting {
  const of = (outcome: Outcome): number => tally.outcomes[outcome] ?? 0;
  return {
    scheduled: tally.settled,
    ok: of(Outcome.ok),
    failed: {
      timeout: of(Outcome.timeout),
      rejected: of(Outcome.rejected),
      'target-error': of(Outcome.targetError),
      'wrong-output': of(Outcome.wrongOutput),
    },
    shed: of(Outcome.shed),
    unfinished: of(Outcome.unfinished),
    cancelled,
  };
}

/** Rates of the phases together, each over their whole length; zero when nothing ran. */
export function ratesOf(cell: Cell, agents: readonly AgentEvidence[], phases: readonly PhaseView[]): Rates {
  const seconds = phases.reduce((sum, { durationS }) => sum + durationS, 0);
  const per = (count: (phase: PhaseView) => number): number =>
    seconds === 0 ? 0 : phases.reduce((sum, phase) => sum + count(phase), 0) / seconds;
  const achieved = per((phase) => countedFor('throughput', phase));
  return {
    offered: per(({ index }) => sumOver(agents, ({ offered }) => offered[index])),
    started: per(({ index }) => sumOver(agents, ({ started }) => started[index])),
    achieved,
    goodput: per((phase) => countedFor('goodput', phase)),
    samples: achieved * batchOf(cell),
    ...(phases.some(({ whole }) => whole.stream !== null)
      ? { events: per(({ whole }) => whole.stream?.events ?? 0) }
      : {}),
  };
}

export const cancelledOf = (agents: readonly AgentEvidence[], phases: readonly { readonly index: number }[]): number =>
  phases.reduce((sum, { index }) => sum + sumOver(agents, ({ cancelled }) => cancelled[index]), 0);

const sumOver = (agents: readonly AgentEvidence[], value: (agent: AgentEvidence) => number | undefined): number =>
  agents.reduce((sum, agent) => sum + (value(agent) ?? 0), 0);

/** Every latency figure in milliseconds; with bounds where there are blocks. Lag is a fact of the harness. */
export function latencyOf(whole: Tally, blocks: readonly Tally[] | null): Latency {
  return {
    unit: 'ms',
    response: summaryOf(whole, blocks, 'response'),
    responseOk: summaryOf(whole, blocks, 'responseOk'),
    service: summaryOf(whole, blocks, 'service'),
    wait: summaryOf(whole, blocks, 'wait'),
    lag: summaryOf(whole, null, 'lag'),
    ...partsOf(whole, blocks),
    ...streamOf(whole, blocks),
  };
}

/** Nothing where no answer streamed an event. */
function streamOf(
  whole: Tally,
  blocks: readonly Tally[] | null,
): Partial<Pick<Latency, 'firstEvent' | 'firstEventService' | 'betweenEvents'>> {
  if (whole.stream === null) return {};
  return {
    firstEvent: summaryOf(whole, blocks, 'firstEvent'),
    firstEventService: summaryOf(whole, blocks, 'firstEventService'),
    betweenEvents: summaryOf(whole, blocks, 'betweenEvents'),
  };
}

/** Nothing where no request told its parts. */
function partsOf(whole: Tally, blocks: readonly Tally[] | null): Pick<Latency, 'parts'> {
  if (whole.parts === null) return {};
  const { server } = whole.parts;
  return {
    parts: {
      connect: summaryOf(whole, blocks, 'connect'),
      firstByte: summaryOf(whole, blocks, 'firstByte'),
      receive: summaryOf(whole, blocks, 'receive'),
      ...(server.total === 0 ? {} : { server: summaryOf(whole, blocks, 'server') }),
    },
  };
}

function summaryOf(whole: Tally, blocks: readonly Tally[] | null, name: PopulationName): LatencySummary {
  const population = populationOf(whole, name);
  const parts = blocks?.map((block) => populationOf(block, name)) ?? null;
  const inMs = (estimate: Estimate): Estimate => scaled(estimate, 1 / NS_PER_MS);
  const at = (p: number): Estimate => inMs(percentile(population, parts, p));
  return {
    count: sizeOf(population),
    mean: inMs(meanDuration(population, parts)),
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    'p99.9': at(0.999),
    max: inMs(largestDuration(population)),
  };
}

export function phaseResult(cell: Cell, evidence: TrialEvidence, view: PhaseView): PhaseResult {
  const { phase, durationS, whole } = view;
  return {
    purpose: phase.purpose,
    name: phase.name,
    startMs: phase.startNs / NS_PER_MS,
    endMs: (phase.startNs + durationS * NS_PER_S) / NS_PER_MS,
    accounting: accountingOf(whole, cancelledOf(evidence.agents, [view])),
    rates: ratesOf(cell, evidence.agents, [view]),
    latency: latencyOf(whole, blocksToBound(view)),
    ...observedOf(evidence, [view], batchOf(cell)),
  };
}

/** What was observed of GPUs over phases; nothing where none was looked at. */
export function observedOf(
  { observed = [] }: TrialEvidence,
  phases: readonly PhaseView[],
  batch: number,
): { readonly gpu?: GpuResult; readonly energy?: EnergyResult } {
  const window = windowOf(phases);
  const gpu = window === null ? null : gpuResult(observed, window);
  if (window === null || gpu === null) return {};
  const inferences = phases.reduce((sum, { whole }) => sum + whole.ok, 0) * batch;
  const energy = trialEnergy(observed, window, inferences);
  return { gpu, ...(energy === null ? {} : { energy: energyResult(energy, inferences) }) };
}

const NO_RELEASES = { released: 0, late: 0 };

/** One agent over the measure phases, to flag one that is unlike the others; plain quantiles. */
export function agentResult(
  agent: AgentEvidence,
  whole: Tally,
  measured: readonly { readonly index: number }[],
  name: string,
): TrialResult['perAgent'][number] {
  return {
    agent: name,
    accounting: accountingOf(whole, cancelledOf([agent], measured)),
    response: { p50: plainMs(whole, 'response', 0.5), p99: plainMs(whole, 'response', 0.99) },
    lag: { p99: plainMs(whole, 'lag', 0.99) },
    ...(agent.network === undefined ? {} : { network: { ...agent.network, ...NO_RELEASES, ...agent.releases } }),
  };
}

/** Null: there is no request, or the rank lies among those at infinity. */
function plainMs(whole: Tally, name: PopulationName, p: number): number | null {
  const quantile = plainQuantileNs(populationOf(whole, name), p);
  return quantile === null ? null : quantile / NS_PER_MS;
}
