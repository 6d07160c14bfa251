import { relative } from 'node:path';
import type { WriteStream } from 'node:tty';
import { ansi, type Paint, plain } from '../report/layout.ts';
import { tableText } from '../report/table.ts';
import type { Benchmarks } from '../verdict/result.ts';

/** The table, then where the files are and the verdict: the last two lines on standard output. */
export function printResult(benchmarks: Benchmarks, folder: string, out: NodeJS.WriteStream): void {
  const paint = paintFor(out, process.env);
  const { kind, exitCode } = benchmarks.verdict;
  const text = tableText(benchmarks, paint);
  const colour = { pass: paint.good, fail: paint.bad, inconclusive: paint.doubtful, invalid: paint.bad }[kind];
  out.write(`${text.endsWith('\n') ? text : `${text}\n`}\n`);
  out.write(`results  ${nearPath(folder)}\n`);
  out.write(`verdict  ${colour(kind)} (exit ${exitCode})\n`);
}

/** Colours on a terminal, unless NO_COLOR (no-color.org) asks for none. */
export const paintFor = (
  out: NodeJS.WriteStream | WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): Paint => (out.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb' ? ansi : plain);

function nearPath(folder: string): string {
  const near = relative(process.cwd(), folder);
  return near === '' || near.startsWith('..') ? folder : near;
}
