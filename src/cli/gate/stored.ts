import type { GateEvent, GatePolicy } from '../../campaign/gate-policy.ts';
import { defaultGatePolicy } from '../../campaign/gate-schema.ts';
import { systemWallClock } from '../../time/monotonic.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { type GatedMetric, gatedMetrics } from '../../verdict/gate/gated-metric.ts';
import type { CellOfNight } from '../../verdict/gate/night.ts';
import { acksOn, type GateResult, gateResult } from '../../verdict/gate/result.ts';
import type { GateFindings } from '../../verdict/gate/step.ts';
import { type NightsOfMetric, storedGate } from '../../verdict/gate/stored.ts';
import type { Reason } from '../../verdict/verdict.ts';
import { type HistoryOptions, withStore } from '../baseline.ts';
import { Failure } from '../failure.ts';
import { type NightOfRun, nightOf } from '../history/kept-run.ts';
import { dayOf, digestOf, type HistoryStore, type KeptRun } from '../history/store.ts';

/** Holds a run against the earlier nights of a store. Without a store there are none. */
export async function gateStored(
  run: string,
  given: GatePolicy | null,
  options: HistoryOptions & { readonly event: GateEvent },
): Promise<GateResult> {
  const night = await nightOf(run, options);
  const policy = given ?? night.gate ?? defaultGatePolicy();
  const { acks, expired } = acksOn(policy, new Date(systemWallClock.nowMs()).toISOString().slice(0, 10));
  const about = {
    manner: 'stored',
    event: options.event,
    baseline: 'earlier nights',
    candidate: night.kept.runId,
    runs: [night.kept.runId],
    beside: expired,
  } as const;
  const gated = gatedOf(policy, night);
  const untrusted = night.cells.flatMap(({ cell, untrusted: why }) =>
    gated.some((metric) => metric.cell === cell) ? why : [],
  );
  if (untrusted.length > 0) return gateResult('invalid', invalid(untrusted), { policy }, about);
  const metrics = await withStore(options, 'made', (store) => nightsOf(store, gated, night));
  const { verdict, findings } = storedGate(policy, acks, metrics);
  return gateResult(verdict, findings, { policy }, about);
}

function gatedOf(policy: GatePolicy, { kept, cells }: NightOfRun): readonly GatedMetric[] {
  const judged = cells.filter((one) => one.judged);
  if (judged.length === 0)
    throw new Failure(USAGE, `${kept.runId}: found no judged cell whose load is the same every night, expected one`);
  const gated = gatedMetrics(
    policy,
    judged.map(({ gated }) => gated),
  );
  if (!gated.ok) throw new Failure(USAGE, gated.problem);
  return gated.metrics;
}

const nightsOf = (
  store: HistoryStore,
  gated: readonly GatedMetric[],
  { kept, cells }: NightOfRun,
): readonly NightsOfMetric[] =>
  gated.flatMap((metric) =>
    cells.filter(({ cell }) => cell === metric.cell).map((cell) => nightsOfMetric(store, kept, cell, metric)),
  );

function nightsOfMetric(
  store: HistoryStore,
  kept: KeptRun,
  { cell, loadOf, figures, broken }: CellOfNight,
  metric: GatedMetric,
): NightsOfMetric {
  const key = { ...kept, cell, load: digestOf(loadOf(metric.metric)), metric: metric.metric };
  const tonight = figures.find((figure) => figure.metric === metric.metric)?.log;
  return {
    metric,
    nights: store.nights(key, dayOf(kept.startedAt)).map(({ log }) => log),
    elsewhere: store.nightsElsewhere(key, dayOf(kept.startedAt)),
    tonight: tonight ?? (broken.includes(metric.metric) ? 'broken' : null),
  };
}

const USAGE = EXIT_CODES['before-start'].code;

const invalid = (reasons: readonly Reason[]): GateFindings => ({
  pairs: { run: 0, valid: 0 },
  metrics: [],
  reasons: reasons.map(({ where, message, hint }) => ({
    code: 'invalid-pairs',
    where,
    message,
    hint,
  })),
  cautions: [],
});
