import { nearest } from '../campaign/nearest.ts';
import type { Objective } from '../campaign/objective.ts';
import type { OtherObjectives } from '../campaign/objectives-file.ts';
import type { Cell, Plan } from '../campaign/plan.ts';
import type { TrialEvidence } from '../verdict/evidence.ts';
import { notJudged } from '../verdict/not-judged.ts';
import { limitCautions, underObjectives } from '../verdict/other-limits.ts';
import { countsWindowsOf, sealedUnder } from '../verdict/other-windows.ts';
import { judge, type Results, resultFiles } from './judge-folder.ts';
import { ResultsError } from './results-error.ts';

/** A file of objectives to judge a run by instead of its own. */
export interface ObjectivesFile {
  /** Its name, as results say it. */
  readonly name: string;
  /** `sha256:…` of its bytes. */
  readonly digest: string;
  readonly objectives: OtherObjectives;
}

/** A run's results under other objectives than its own. */
export interface Rejudged {
  readonly results: Results;
  /** Objectives of the file that were left out because they say nothing of a cell; sentences. */
  readonly leftOut: readonly string[];
}

/**
 * Judges a run by other objectives. Its evidence is the same; a limit that the run did not count is judged by the bucket
 * that it falls into, and said to be. Throws {@link ResultsError} `campaign` where an objective cannot be judged on the
 * cell that it was written for, one sentence each.
 */
export function rejudge(results: Results, file: ObjectivesFile): Rejudged {
  const { plan, evidence } = results;
  const choices = plan.cells.map((cell) => choose(cell, file.objectives));
  refuseUnfit(plan, file, choices);
  const cells = plan.cells.map((cell, index) => judgedBy(cell, choices[index]));
  const changed = plan.cells.flatMap((cell, index) => (choices[index]?.kind === 'other' ? [cell.id] : []));
  const others = { ...plan, cells };
  const trials = evidence.trials.map((trial) => recounted(trial, plan, choices));
  const rejudged = { file: file.name, digest: file.digest, cells: changed };
  const { run, evidence: files } = results.benchmarks;
  const benchmarks = judge(others, run.planDigest, { ...evidence, trials }, files, {
    rejudged,
    cautionsOf: (index) =>
      cautionsOf(
        plan.cells[index],
        cells[index],
        evidence.trials.filter(({ cell }) => cell === index),
      ),
  });
  const judged = { ...results, plan: others, evidence: { ...evidence, trials }, benchmarks };
  return {
    results: { ...judged, files: resultFiles(others, judged.evidence, benchmarks) },
    leftOut: choices.flatMap((choice) => (choice.kind === 'other' ? choice.leftOut : [])),
  };
}

/** A look half-way asked for the run's own objectives: by others, what ran is judged once, and all of it. */
function judgedBy(cell: Cell, choice: Choice | undefined): Cell {
  if (choice?.kind !== 'other') return cell;
  const { stop: _itsOwn, ...whole } = cell;
  return { ...whole, objectives: choice.objectives };
}

/** What a cell is judged by. `own`: what it was planned with, be it that the file says the same. */
type Choice =
  | { readonly kind: 'own'; readonly objectives: readonly Objective[] }
  | {
      readonly kind: 'other';
      readonly objectives: readonly Objective[];
      readonly leftOut: readonly string[];
      readonly refused: readonly string[];
    };

function choose(cell: Cell, { scenarios, targets, all }: OtherObjectives): Choice {
  const written = scenarios.get(cell.scenario) ?? targets.get(cell.target);
  const chosen = written ?? all;
  if (chosen === null || isSame(chosen, cell.objectives)) return { kind: 'own', objectives: cell.objectives };
  if (cell.judgedBy === 'peak') return searchedOtherwise(cell, written !== undefined);
  const unfit = new Map(chosen.flatMap((one) => whyUnfit(cell, one).map((why) => [one, why] as const)));
  const sentences = [...unfit.values()];
  return {
    kind: 'other',
    objectives: chosen.filter((one) => !unfit.has(one)),
    leftOut: written === undefined ? sentences : [],
    refused: written === undefined ? [] : sentences,
  };
}

/** The levels of a search were chosen by its own objectives, and tell nothing of where others bind. */
function searchedOtherwise(cell: Cell, isWrittenForIt: boolean): Choice {
  const sentence = `${cell.id}: its levels were chosen by the objectives of the run, which others cannot replace: search again`;
  return {
    kind: 'other',
    objectives: cell.objectives,
    leftOut: isWrittenForIt ? [] : [sentence],
    refused: isWrittenForIt ? [sentence] : [],
  };
}

const isSame = (a: readonly Objective[], b: readonly Objective[]): boolean => JSON.stringify(a) === JSON.stringify(b);

function whyUnfit(cell: Cell, objective: Objective): readonly string[] {
  if (objective.overNs !== null && !countsWindowsOf(cell, objective)) {
    return [
      `${cell.id}: ${objective.text} is over a window, and the run counted no window against its limit: leave out \`over\`, or write the limit of a window of the run`,
    ];
  }
  return notJudged({ ...cell, objectives: [objective] }).map(({ message }) => message);
}

function refuseUnfit(plan: Plan, { name, objectives }: ObjectivesFile, choices: readonly Choice[]): void {
  const refused = choices.flatMap((choice) => (choice.kind === 'other' ? choice.refused : []));
  const unknown = objectives.from === 'campaign' ? [] : unknownNames(plan, objectives);
  const sentences = [...unknown, ...refused].map((sentence) => `${name}: ${sentence}`);
  if (sentences.length > 0) throw new ResultsError('campaign', sentences.join('\n'));
}

const unknownNames = ({ cells }: Plan, { targets, scenarios }: OtherObjectives): string[] => [
  ...unknownOf('targets', [...targets.keys()], [...new Set(cells.map(({ target }) => target))]),
  ...unknownOf('scenarios', [...scenarios.keys()], [...new Set(cells.map(({ scenario }) => scenario))]),
];

const unknownOf = (key: string, written: readonly string[], known: readonly string[]): string[] =>
  written
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      return `${key}.${name}: found a name that the run does not have, ${near === null ? `expected one of ${known.join(', ')}` : `did you mean ${near}?`}`;
    });

function recounted(trial: TrialEvidence, plan: Plan, choices: readonly Choice[]): TrialEvidence {
  const cell = plan.cells[trial.cell];
  const choice = choices[trial.cell];
  if (cell === undefined || choice?.kind !== 'other') return trial;
  const sealed = sealedUnder(cell, choice.objectives, trial.sealed);
  return { ...underObjectives(cell, trial, choice.objectives), sealed };
}

const cautionsOf = (own: Cell | undefined, other: Cell | undefined, trials: readonly TrialEvidence[]) =>
  own === undefined || other === undefined ? [] : limitCautions(own, other.objectives, trials);
