import { computeResults } from '../coordinator/judge-folder.ts';
import { jsonText } from '../coordinator/results-folder.ts';
import { comparisonText, valuesText } from '../report/comparison-text.ts';
import { compareRuns, type JudgedRun } from '../verdict/compare/comparison.ts';
import { type EnvironmentDifference, unaccepted } from '../verdict/compare/environment.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import { paintFor } from './progress.ts';
import { explained, folderOf, type RunsOptions } from './run-argument.ts';

export interface CompareOptions extends RunsOptions {
  readonly json?: boolean;
  readonly acceptDifference: readonly string[];
}

/** `loadcell compare`: two runs, environment first. Throws a {@link Failure} where they ran in unlike environments. */
export async function compareTwo(baseline: string, candidate: string, options: CompareOptions): Promise<void> {
  const [a, b] = [await judged(baseline, options), await judged(candidate, options)];
  const comparison = compareRuns(a, b);
  const refused = unaccepted(comparison.environment, options.acceptDifference);
  if (refused.length > 0) throw unlike(refused);
  if (options.json === true) process.stdout.write(jsonText(comparison));
  else process.stdout.write(comparisonText(comparison, paintFor(process.stdout, process.env)));
}

async function judged(run: string, options: RunsOptions): Promise<JudgedRun> {
  const { plan, benchmarks, evidence } = await explained(computeResults(await folderOf(run, options)));
  return { plan, benchmarks, trials: evidence.trials };
}

/** Exit 14: there is nothing comparable. */
export function unlike(differences: readonly EnvironmentDifference[]): Failure {
  const paths = differences.map(({ path }) => path).join(',');
  return new Failure(EXIT_CODES['no-baseline'].code, [
    ...differences.map(
      ({ path, baseline, candidate }) =>
        `${path}: found ${valuesText(candidate)}, the baseline ran with ${valuesText(baseline)}`,
    ),
    `the two ran in unlike environments, and a shift may come from that; compare them all the same with --accept-difference ${paths}`,
  ]);
}
