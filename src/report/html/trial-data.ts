import type { Cell } from '../../campaign/plan.ts';
import { sumOf } from '../../stats/blocks.ts';
import { durationsAt, percentileSteps } from '../../stats/distribution.ts';
import { type PopulationName, populationOf, sizeOf } from '../../stats/population.ts';
import type { Tally } from '../../stats/tally.ts';
import { NS_PER_MS, NS_PER_S } from '../../time/ns.ts';
import { asRun } from '../../verdict/as-run.ts';
import type { SecondEvidence, TrialEvidence } from '../../verdict/evidence.ts';
import { isToldBy } from '../../verdict/k6/latency.ts';
import type { ObjectiveResult } from '../../verdict/objective-result.ts';
import type { ObservedSecond } from '../../verdict/observed/second.ts';
import type { PhaseResult, TrialResult } from '../../verdict/trial-result.ts';
import { BEYOND, type ChartColumn, type Column, type Distribution, type Limit, type TrialData } from './chart-data.ts';
import { chartSummaries } from './chart-summaries.ts';
import { trialName } from './trial-name.ts';

/** What the charts of one trial are drawn from. */
export function trialData(planned: Cell, evidence: TrialEvidence, result: TrialResult): TrialData {
  const cell = asRun(planned, evidence);
  const columns = columnsOf(evidence.seconds, secondsWithRequests(cell, evidence));
  const startS = (evidence.seconds[0]?.atNs ?? 0) / NS_PER_S;
  const distributions = distributionsOf(cell, evidence, result.phases);
  return {
    name: trialName(result),
    startS,
    columns,
    latency: cell.spec.kind === 'k6' ? 'service' : 'response',
    phases: result.phases.map(({ name, purpose, startMs, endMs }) => ({
      name,
      purpose,
      fromS: startMs / 1000,
      toS: endMs / 1000,
    })),
    limits: limitsOf(result.objectives),
    slow: (result.slow ?? []).map(({ cause, startMs, endMs }) => ({
      cause,
      fromS: startMs / 1000,
      toS: endMs / 1000,
    })),
    summaries: chartSummaries({ columns, startS, result }),
    distributions,
  };
}

/** Response limits, each once. */
function limitsOf(objectives: readonly ObjectiveResult[]): readonly Limit[] {
  const limits = objectives.flatMap(({ objective, indicator, limit, unit }) => {
    const percent = /^response\.p([\d.]+)$/.exec(indicator)?.[1];
    if (unit !== 'ms' || (percent === undefined && indicator !== 'response.max')) return [];
    return [{ objective, ms: limit, quantile: percent === undefined ? null : Number(percent) / 100 }];
  });
  return limits.filter((limit, index) => limits.findIndex(({ objective }) => objective === limit.objective) === index);
}

/** Seconds in which a slot of a measure phase begins that holds requests: those whose percentiles are known. */
function secondsWithRequests(cell: Cell, { slots, seconds }: TrialEvidence): ReadonlySet<number> {
  const beginNs = seconds[0]?.atNs ?? 0;
  const found = new Set<number>();
  cell.phases.forEach(({ purpose, startNs, durationNs, slots: count }, phase) => {
    if (purpose !== 'measure') return;
    slots[phase]?.forEach((tally, slot) => {
      if (!tally.isEmpty) found.add(Math.floor((startNs + (slot * durationNs) / count - beginNs + 0.5) / NS_PER_S));
    });
  });
  return found;
}

function columnsOf(
  seconds: readonly SecondEvidence[],
  withRequests: ReadonlySet<number>,
): Readonly<Record<ChartColumn, Column>> {
  const column = (value: (second: SecondEvidence) => number | null): Column => seconds.map(value).map(short);
  const percentile = (value: (second: SecondEvidence) => number | null): Column =>
    seconds.map((second, index) => (withRequests.has(index) ? short(value(second) ?? BEYOND) : null));
  const percent = (share: number | null): number | null => (share === null ? null : share * 100);
  const seen = (value: (second: ObservedSecond) => number | null): Column =>
    unlessUnknown(column(({ observed }) => (observed === undefined ? null : value(observed))));
  return {
    offered: column(({ offered }) => offered),
    started: column(({ started }) => started),
    achieved: column(({ achieved }) => achieved),
    failed: column(({ failed }) => failed),
    inFlight: column(({ inFlight }) => inFlight),
    p50: percentile(({ p50 }) => p50),
    p95: percentile(({ p95 }) => p95),
    p99: percentile(({ p99 }) => p99),
    lagP99: unlessUnknown(column(({ lagP99 }) => lagP99)),
    cpu: column(({ cpu }) => percent(cpu)),
    steal: column(({ steal }) => percent(steal)),
    throttled: column(({ throttledUs }) => (throttledUs === null ? null : throttledUs / 1e4)),
    memory: column(({ rssBytes }) => (rssBytes === null ? null : rssBytes / 1e6)),
    gpuSm: seen(({ gpuSm }) => percent(gpuSm)),
    gpuTensor: seen(({ gpuTensor }) => percent(gpuTensor)),
    gpuDram: seen(({ gpuDram }) => percent(gpuDram)),
    gpuUtilization: seen(({ gpuUtilization }) => percent(gpuUtilization)),
    gpuPower: seen(({ gpuPower }) => gpuPower),
    gpuClock: seen(({ gpuClock }) => gpuClock),
    gpuTemperature: seen(({ gpuTemperature }) => gpuTemperature),
    gpuHeld: seen(({ gpuHeld }) => percent(gpuHeld)),
    core: seen(({ core }) => percent(core)),
    pressureCpu: seen(({ pressureCpu }) => percent(pressureCpu)),
  };
}

/** Empty where no second has a value. */
const unlessUnknown = (values: Column): Column => (values.every((found) => found === null) ? [] : values);

function distributionsOf(
  cell: Cell,
  { agents }: TrialEvidence,
  phases: readonly PhaseResult[],
): readonly Distribution[] {
  const begun = new Set(phases.map(({ name }) => name));
  const measured = cell.phases.flatMap(({ purpose, name }, index) =>
    purpose === 'measure' && begun.has(name)
      ? [{ name, tally: sumOf(agents.flatMap((agent) => agent.phases[index] ?? [])) }]
      : [],
  );
  const [only] = measured;
  if (only === undefined) return [];
  if (measured.length === 1) return [distribution(cell, only.name, only.tally)];
  const all = distribution(cell, 'all measure phases', sumOf(measured.map(({ tally }) => tally)));
  return [all, ...measured.map(({ name, tally }) => distribution(cell, name, tally))];
}

function distribution(cell: Cell, name: string, tally: Tally): Distribution {
  const response = populationOf(tally, 'response');
  const steps = percentileSteps(sizeOf(response));
  const column = (of: PopulationName): Column =>
    isToldBy(cell, of)
      ? durationsAt(populationOf(tally, of), steps).map((ns) => (ns === null ? null : short(ns / NS_PER_MS)))
      : [];
  return {
    name,
    oneIn: steps.map((p) => Number((1 / (1 - p)).toPrecision(7))),
    response: column('response'),
    service: column('service'),
    wait: column('wait'),
    failedFrom: response.infinite === 0 ? null : sizeOf(response) / response.infinite,
  };
}

const short = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(5)));
