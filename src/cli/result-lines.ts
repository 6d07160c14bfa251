import { relative } from 'node:path';
import type { Paint } from '../report/layout.ts';
import { tableText } from '../report/table.ts';
import type { Benchmarks } from '../verdict/result.ts';
import type { VerdictKind } from '../verdict/verdict.ts';
import { paintFor } from './progress.ts';

/** The table, then where the files are and the verdict: the last two lines on standard output. */
export function printResult(benchmarks: Benchmarks, folder: string, exitCode: number, out: NodeJS.WriteStream): void {
  const paint = paintFor(out, process.env);
  const text = tableText(benchmarks, paint, exitCode);
  out.write(`${text.endsWith('\n') ? text : `${text}\n`}\n`);
  out.write(verdictLinesOf(benchmarks.verdict.kind, folder, exitCode, paint));
}

/** Where the files are, and the verdict: the last two lines. */
export function verdictLinesOf(kind: VerdictKind, folder: string, exitCode: number, paint: Paint): string {
  const colour = { pass: paint.good, fail: paint.bad, inconclusive: paint.doubtful, invalid: paint.bad }[kind];
  return `results  ${nearPath(folder)}\nverdict  ${colour(kind)} (exit ${exitCode})\n`;
}

/** Relative where it lies below the working folder. */
export function nearPath(folder: string): string {
  const near = relative(process.cwd(), folder);
  return near === '' || near.startsWith('..') ? folder : near;
}
