import type { Cell, Plan } from '../campaign/plan.ts';
import { servedElsewhere } from '../campaign/served-endpoint.ts';
import { isNetwork, type TargetSpec } from '../campaign/target-spec.ts';
import type { Telemetry } from '../campaign/telemetry.ts';
import { graceNs, latencyLimits } from '../verdict/limits.ts';
import { overdueLimits } from '../verdict/window/overdue-limits.ts';
import { neededFiles } from '../wire/needed-files.ts';
import type { TrialSpec } from '../wire/trial-spec.ts';
import type { RunCells } from './run-cells.ts';
import type { TrialRef } from './trial-ref.ts';

/** What a place takes part in a trial with. */
export interface Part {
  readonly index: number;
  /** What it is to observe beside; null: nothing. */
  readonly telemetry: Telemetry | null;
  /** Where the target is that others serve, `host:port`; absent: nobody does. */
  readonly served?: string | undefined;
  /** The coordinator's own `host:port`, as agents dial it. */
  readonly coordinator: string;
}

/** What a place must run of a trial: its share of the load, or its target for the others. */
export function trialSpec(
  cells: RunCells,
  plan: Pick<Plan, 'seed' | 'files'>,
  ref: TrialRef,
  { index, telemetry, served, coordinator }: Part,
): TrialSpec {
  const cell = cells.of(ref);
  const target = targetOf(cell, served);
  const files = neededFiles({ target, phases: cell.phases }, plan.files);
  return {
    cell: ref.cell,
    cellId: cell.id,
    trial: ref.trial,
    attempt: ref.attempt,
    seed: plan.seed,
    scenario: cell.scenario,
    phases: cell.phases,
    target,
    share: { index, of: cell.agents },
    workers: cell.workers,
    pacing: cell.pacing,
    backlog: cell.backlog,
    timeoutNs: cell.timeoutNs,
    drainNs: cell.drainNs,
    limits: latencyLimits(cell.objectives),
    overdue: overdueLimits(cell),
    graceNs: graceNs(cell.objectives),
    telemetry,
    ...(index < cell.agents ? {} : { serves: { towards: coordinator } }),
    ...(files.length === 0 ? {} : { files }),
  };
}

const targetOf = ({ spec }: Cell, served: string | undefined): TargetSpec =>
  served !== undefined && isNetwork(spec) ? servedElsewhere(spec, served) : spec;
