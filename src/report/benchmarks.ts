import type { FleetSpec } from '../campaign/fleet-spec.ts';
import type { Cell, Plan } from '../campaign/plan.ts';
import type { TargetFacts } from '../targets/target.ts';
import type { Benchmarks, CellResult, TargetResult } from '../verdict/result.ts';

/** What is known of a run beside its plan and its judged cells. */
export interface RunRecord {
  readonly id: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly state: Benchmarks['run']['state'];
  readonly resumed: Benchmarks['run']['resumed'];
  readonly source: Benchmarks['run']['source'];
  /** `sha256:…` of plan.json's bytes. */
  readonly planDigest: string;
  readonly instrument: Benchmarks['instrument'];
  readonly nodes: Benchmarks['nodes'];
  /** By the plan's cell index; absent where no agent opened the target. */
  readonly targets: ReadonlyMap<number, TargetFacts>;
  readonly evidence: Benchmarks['evidence'];
}

/** `benchmarks.json` from what was planned, what was judged and what is known of the run. */
export function assembleBenchmarks(
  plan: Plan,
  record: RunRecord,
  cells: readonly CellResult[],
  verdict: Benchmarks['verdict'],
): Benchmarks {
  const { campaign } = plan;
  return {
    kind: 'loadcell/benchmarks',
    schemaVersion: 1,
    run: {
      id: record.id,
      campaign: campaign.name,
      environment: campaign.environment,
      labels: campaign.labels,
      startedAt: record.startedAt,
      endedAt: record.endedAt,
      state: record.state,
      resumed: record.resumed,
      seed: plan.seed,
      campaignDigest: campaign.digest,
      planDigest: record.planDigest,
      loadcell: plan.loadcell,
      source: record.source,
    },
    verdict,
    instrument: record.instrument,
    nodes: record.nodes,
    ...(plan.fleet === undefined ? {} : { fleet: fleetOf(plan.fleet) }),
    targets: targetsOf(plan.cells, record.targets),
    cells,
    evidence: record.evidence,
  };
}

const fleetOf = ({ engine, instances }: FleetSpec): NonNullable<Benchmarks['fleet']> => ({
  engine,
  instances: Object.fromEntries(
    Object.entries(instances).map(([name, { gpu, gpusPerAgent, cpus, memoryBytes, pricePerHour }]) => [
      name,
      { gpu, gpusPerAgent, cpus, memoryBytes, pricePerHour },
    ]),
  ),
});

/** One entry per target by name; what varies between its cells is told by the first that was opened. */
function targetsOf(cells: readonly Cell[], facts: ReadonlyMap<number, TargetFacts>): Benchmarks['targets'] {
  const targets: Record<string, TargetResult> = {};
  cells.forEach((cell, index) => {
    const opened = facts.get(index);
    const known = targets[cell.target];
    if (known === undefined || (opened !== undefined && Object.keys(known).length === 1)) {
      targets[cell.target] = targetResult(cell, opened);
    }
  });
  return targets;
}

function targetResult({ spec }: Cell, facts: TargetFacts | undefined): TargetResult {
  const { kind } = spec;
  const code = kind === 'custom' ? { module: named(spec.module) } : kind === 'k6' ? { script: named(spec.script) } : {};
  if (facts === undefined) return { kind };
  const { start: _perTrial, network: _perAgent, ...described } = facts;
  return { kind, ...code, ...described };
}

const named = ({ name, sha256 }: { readonly name: string; readonly sha256: string }) => ({ name, sha256 });
