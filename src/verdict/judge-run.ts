import { EXIT_CODES, type ExitCode, exitCodeOf } from './exit-code.ts';
import { interrupted, notRun } from './judge-trial.ts';
import type { Benchmarks, CellResult, Resumption } from './result.ts';
import { verdictFrom } from './trial-verdict.ts';
import { sentence } from './validity/fleet.ts';
import type { Reason, Verdict, VerdictKind } from './verdict.ts';

/** Gravest first: a sound failure stays one beside an invalid cell. */
const GRAVEST_FIRST: readonly VerdictKind[] = ['fail', 'invalid', 'inconclusive', 'pass'];

/**
 * The verdict of a run: the gravest of its judged cells, all their reasons and cautions with it. The exit code is that
 * without `--strict`, which is the caller's wish and no property of the run.
 */
export function judgeRun(
  cells: readonly CellResult[],
  state: Benchmarks['run']['state'],
  resumed: readonly Resumption[] = [],
): Verdict & { readonly exitCode: ExitCode } {
  const judged = cells.filter((cell) => cell.judged);
  const cautions = [...judged.flatMap(({ verdict }) => verdict.cautions), ...resumedElsewhere(resumed)];
  const reasons = GRAVEST_FIRST.flatMap((kind) =>
    judged.filter(({ verdict }) => verdict.kind === kind).flatMap(({ verdict }) => verdict.reasons),
  );
  if (state === 'interrupted') {
    const others = reasons.filter(({ code }) => code !== 'interrupted' && code !== 'not-run');
    const verdict = verdictFrom('inconclusive', [interrupted('run'), ...others], cautions);
    return { ...verdict, exitCode: EXIT_CODES.interrupted.code };
  }
  const kind = GRAVEST_FIRST.find((candidate) => judged.some(({ verdict }) => verdict.kind === candidate)) ?? 'pass';
  const verdict =
    kind === 'pass' && state === 'aborted'
      ? verdictFrom('inconclusive', [unfinished(judged)], cautions)
      : verdictFrom(kind, reasons, cautions);
  return { ...verdict, exitCode: exitCodeOf(verdict, 'lenient') };
}

/** Not every trial was run, and no cell alone says so. */
function unfinished(cells: readonly CellResult[]): Reason {
  const missed = cells.flatMap(({ id, notRun: trials }) => trials.map((one) => ({ ...one, id })));
  const [first] = missed;
  if (first === undefined) return notRun('run');
  const which = missed.map(({ id, trial }) => `${id}, trial ${trial}`).join('; ');
  const { code, hint } = notRun('run', first);
  return { code, where: 'run', message: `Not every trial was run (${which}): ${sentence(first.why)}`, hint };
}

/** Trials before and after are pooled: they should come from machines that compare. */
const resumedElsewhere = (resumed: readonly Resumption[]): readonly Reason[] =>
  resumed
    .filter(({ sameNodes }) => !sameNodes)
    .map(({ at }) => ({
      code: 'resumed-elsewhere',
      where: 'run',
      message: `It was taken up again at ${at} on another machine, or on one that has changed since; trials of both are judged together.`,
      hint: 'Run it again as a whole where the difference may matter.',
    }));
