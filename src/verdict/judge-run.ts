import { EXIT_CODES, type ExitCode, exitCodeOf } from './exit-code.ts';
import { interrupted, notRun } from './judge-trial.ts';
import type { Benchmarks, CellResult, Verdict, VerdictKind } from './result.ts';
import { verdictFrom } from './trial-verdict.ts';

/** Gravest first: a sound failure stays one beside an invalid cell. */
const GRAVEST_FIRST: readonly VerdictKind[] = ['fail', 'invalid', 'inconclusive', 'pass'];

/**
 * The verdict of a run: the gravest of its judged cells, all their reasons and cautions with it. The exit code is that
 * without `--strict`, which is the caller's wish and no property of the run.
 */
export function judgeRun(
  cells: readonly CellResult[],
  state: Benchmarks['run']['state'],
): Verdict & { readonly exitCode: ExitCode } {
  const judged = cells.filter((cell) => cell.judged);
  const cautions = judged.flatMap(({ verdict }) => verdict.cautions);
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
      ? verdictFrom('inconclusive', [notRun('run')], cautions)
      : verdictFrom(kind, reasons, cautions);
  return { ...verdict, exitCode: exitCodeOf(verdict, 'lenient') };
}
