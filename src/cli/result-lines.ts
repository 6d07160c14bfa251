import { relative } from 'node:path';
import { tableText } from '../report/table.ts';
import type { Benchmarks } from '../verdict/result.ts';
import { paintFor } from './progress.ts';

/** The table, then where the files are and the verdict: the last two lines on standard output. */
export function printResult(benchmarks: Benchmarks, folder: string, exitCode: number, out: NodeJS.WriteStream): void {
  const paint = paintFor(out, process.env);
  const { kind } = benchmarks.verdict;
  const text = tableText(benchmarks, paint, exitCode);
  const colour = { pass: paint.good, fail: paint.bad, inconclusive: paint.doubtful, invalid: paint.bad }[kind];
  out.write(`${text.endsWith('\n') ? text : `${text}\n`}\n`);
  out.write(`results  ${nearPath(folder)}\n`);
  out.write(`verdict  ${colour(kind)} (exit ${exitCode})\n`);
}

function nearPath(folder: string): string {
  const near = relative(process.cwd(), folder);
  return near === '' || near.startsWith('..') ? folder : near;
}
