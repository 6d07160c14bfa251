import type { GateEvent, GatePolicy } from '../../campaign/gate-policy.ts';
import { defaultGatePolicy } from '../../campaign/gate-schema.ts';
import { systemWallClock } from '../../time/monotonic.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { gatedMetrics } from '../../verdict/gate/gated-metric.ts';
import { acksOn, type GateResult, gateResult } from '../../verdict/gate/result.ts';
import type { GateFindings } from '../../verdict/gate/step.ts';
import { type NightsOfMetric, storedGate } from '../../verdict/gate/stored.ts';
import { type HistoryOptions, withStore } from '../baseline.ts';
import { Failure } from '../failure.ts';
import { type NightOfRun, nightOf } from '../history/kept-run.ts';
import { digestOf, type HistoryStore } from '../history/store.ts';

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
    expired,
  } as const;
  if (night.kept.verdict === 'invalid') return gateResult('invalid', invalid(night), { policy }, about);
  const metrics = await withStore(options, 'made', (store) => nightsOf(store, policy, night));
  const { verdict, findings } = storedGate(policy, acks, metrics);
  return gateResult(verdict, findings, { policy }, about);
}

function nightsOf(
  store: HistoryStore,
  policy: GatePolicy,
  { kept, figures, benchmarks }: NightOfRun,
): readonly NightsOfMetric[] {
  const cells = benchmarks.cells.filter(({ judged }) => judged).map(({ id }) => id);
  const gated = gatedMetrics(policy, cells);
  if (!gated.ok) throw new Failure(EXIT_CODES['before-start'].code, gated.problem);
  return gated.metrics.map((metric) => {
    const tonight = figures.find((figure) => figure.cell === metric.cell && figure.metric === metric.metric);
    if (tonight === undefined) return { metric, nights: [], tonight: null };
    const key = { ...kept, cell: metric.cell, load: digestOf(tonight.load), metric: metric.metric };
    return { metric, nights: store.nights(key, kept.runId).map(({ log }) => log), tonight: tonight.log };
  });
}

const invalid = ({ benchmarks }: NightOfRun): GateFindings => ({
  pairs: { run: 0, valid: 0 },
  metrics: [],
  reasons: benchmarks.verdict.reasons.map(({ where, message, hint }) => ({
    code: 'invalid-pairs',
    where,
    message,
    hint,
  })),
  cautions: [],
});
