import type { Plan } from '../campaign/plan.ts';
import type { Telemetry } from '../campaign/telemetry.ts';
import { graceNs, latencyLimits } from '../verdict/limits.ts';
import { overdueLimits } from '../verdict/window/overdue-limits.ts';
import { neededFiles } from '../wire/needed-files.ts';
import type { TrialSpec } from '../wire/trial-spec.ts';
import type { TrialRef } from './events.ts';
import type { RunCells } from './run-cells.ts';

/** What place `index` must run of a trial, and observe beside it; null: nothing. */
export function trialSpec(
  cells: RunCells,
  plan: Pick<Plan, 'seed' | 'files'>,
  ref: TrialRef,
  index: number,
  telemetry: Telemetry | null,
): TrialSpec {
  const cell = cells.of(ref);
  const files = neededFiles({ target: cell.spec, phases: cell.phases }, plan.files);
  return {
    cell: ref.cell,
    cellId: cell.id,
    trial: ref.trial,
    attempt: ref.attempt,
    seed: plan.seed,
    scenario: cell.scenario,
    phases: cell.phases,
    target: cell.spec,
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
    ...(files.length === 0 ? {} : { files }),
  };
}
