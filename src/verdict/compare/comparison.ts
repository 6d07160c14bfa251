import { ownScenarios } from '../../campaign/own-scenarios.ts';
import type { Cell, Plan } from '../../campaign/plan.ts';
import { populationOf } from '../../stats/population.ts';
import type { TrialEvidence } from '../evidence.ts';
import { latencyLimits } from '../limits.ts';
import type { Benchmarks, CellResult } from '../result.ts';
import { trialView, wholeOf } from '../trial-view.ts';
import { type CellComparison, type ComparedSide, compareCell } from './compare-cell.ts';
import { comparePeak } from './compare-peak.ts';
import { type EnvironmentDifference, environmentDifferences, networkDifferences } from './environment.ts';

/** A judged run and the evidence it was judged on. */
export interface JudgedRun {
  readonly plan: Plan;
  readonly benchmarks: Benchmarks;
  readonly trials: readonly TrialEvidence[];
}

/** What `loadcell compare --json` prints. */
export interface Comparison {
  readonly kind: 'loadcell/comparison';
  readonly schemaVersion: 1;
  readonly baseline: RunLabel;
  readonly candidate: RunLabel;
  readonly environment: readonly EnvironmentDifference[];
  readonly cells: readonly (CellComparison & {
    /** Parts of the plan in which the two cells differ, the target aside: `phases`, `agents`. */
    readonly planned: readonly string[];
    readonly verdicts: { readonly baseline: string; readonly candidate: string };
  })[];
  /** Cells that only one of them has, or has a valid trial of. */
  readonly unmatched: readonly { readonly cell: string; readonly why: string }[];
}

interface RunLabel {
  readonly id: string;
  readonly campaign: string;
  readonly startedAt: string;
  readonly loadcell: string;
}

/** Compares the cells of two runs that bear the same id. */
export function compareRuns(baseline: JudgedRun, candidate: JudgedRun): Comparison {
  const pairs = baseline.plan.cells.flatMap((cell, index) => {
    const other = candidate.plan.cells.findIndex(({ id }) => id === cell.id);
    return other < 0 ? [] : [{ cell, mine: sideOf(baseline, index), theirs: sideOf(candidate, other), index, other }];
  });
  const comparable = pairs.filter(({ mine, theirs }) => mine.trials.length > 0 && theirs.trials.length > 0);
  return {
    kind: 'loadcell/comparison',
    schemaVersion: 1,
    baseline: labelOf(baseline.benchmarks),
    candidate: labelOf(candidate.benchmarks),
    environment: [
      ...environmentDifferences(fingerprintsOf(baseline), fingerprintsOf(candidate)),
      ...networkDifferences(baseline.plan.cells, candidate.plan.cells),
    ],
    cells: comparable.map(({ cell, mine, theirs, index, other }) => ({
      ...(comparePeak(baseline.benchmarks.cells[index], candidate.benchmarks.cells[other]) ??
        compareCell(cell.id, mine, theirs)),
      planned: plannedDifferences(cell, candidate.plan.cells[other]),
      verdicts: { baseline: verdictOf(baseline, index), candidate: verdictOf(candidate, other) },
    })),
    unmatched: [
      ...missingIn(baseline, candidate, 'the candidate'),
      ...missingIn(candidate, baseline, 'the baseline'),
      ...pairs
        .filter(({ mine, theirs }) => mine.trials.length === 0 || theirs.trials.length === 0)
        .map(({ cell, mine }) => ({
          cell: cell.id,
          why: `${mine.trials.length === 0 ? 'the baseline' : 'the candidate'} has no valid trial of it`,
        })),
    ],
  };
}

/** Valid trials of a cell, and the requests of them all. */
export function sideOf({ plan, benchmarks, trials }: JudgedRun, index: number): ComparedSide {
  const cell = plan.cells[index] as Cell;
  const valid = validTrials(benchmarks.cells[index]);
  const views = trials
    .filter((of) => of.cell === index && valid.some((trial) => isOf(trial, of)))
    .map((evidence) => trialView(cell, evidence));
  return {
    trials: valid,
    response: populationOf(wholeOf(views, latencyLimits(cell.objectives).length), 'response'),
  };
}

/** Trials that count, as the judge counts them: of each the last attempt, where that is valid. */
export function validTrials(cell: CellResult | undefined): CellResult['trials'] {
  const all = cell?.trials ?? [];
  return all.filter(
    ({ index, attempt, verdict }) =>
      verdict.kind !== 'invalid' && !all.some((other) => other.index === index && other.attempt > attempt),
  );
}

const isOf = (result: CellResult['trials'][number], { trial, attempt }: TrialEvidence): boolean =>
  result.index === trial && result.attempt === attempt;

const fingerprintsOf = ({ benchmarks }: JudgedRun) => benchmarks.nodes.map(({ fingerprint }) => fingerprint);

const verdictOf = ({ benchmarks }: JudgedRun, index: number): string =>
  benchmarks.cells[index]?.verdict.kind ?? 'invalid';

const labelOf = ({ run: { id, campaign, startedAt, loadcell } }: Benchmarks): RunLabel => ({
  id,
  campaign,
  startedAt,
  loadcell,
});

const missingIn = (here: JudgedRun, there: JudgedRun, name: string) =>
  here.plan.cells
    .filter(({ id }) => !there.plan.cells.some((other) => other.id === id))
    .map(({ id }) => ({ cell: id, why: `${name} has no such cell` }));

const PLANNED = ['phases', 'agents', 'workers', 'pacing', 'backlog', 'timeoutNs', 'drainNs', 'engine'] as const;

/** Objectives decide what a search finds, and what verdicts say. */
function plannedDifferences(a: Cell, b: Cell | undefined): readonly string[] {
  const of = (cell: Cell | undefined): Readonly<Record<string, unknown>> => ({
    ...Object.fromEntries(PLANNED.map((key) => [key, cell?.[key]])),
    'scenarios of the script': cell === undefined ? null : ownScenarios(cell),
    objectives: cell?.objectives.map(({ text }) => text),
  });
  const [mine, theirs] = [of(a), of(b)];
  return Object.keys(mine).filter((key) => JSON.stringify(mine[key]) !== JSON.stringify(theirs[key]));
}
