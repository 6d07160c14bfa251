import { exitCodeOf } from '../verdict/exit-code.ts';
import type { Benchmarks } from '../verdict/result.ts';

/** The exit code of a judged run; `strict`: a pass with cautions is not good enough. */
export function exitOf({ verdict, run }: Benchmarks, { strict }: { readonly strict?: boolean }): number {
  if (run.state === 'interrupted') return verdict.exitCode;
  return exitCodeOf(verdict, strict === true ? 'strict' : 'lenient');
}
