/**
 * What a campaign's own code is written against: `import type { MakeTarget } from 'loadcell/target'`.
 */

import type { PlainValue } from '../campaign/target-spec.ts';
import type { Outcome } from '../stats/outcome.ts';
import type { RequestFailure, TargetContext } from './target.ts';

export type { PlainValue } from '../campaign/target-spec.ts';
export { Outcome } from '../stats/outcome.ts';
export { RequestFailure, type Target, type TargetContext, type TargetFacts } from './target.ts';

/**
 * What is measured. One of these lives on every worker thread of every agent; `infer` is never called again before it
 * has settled, and what it takes is the service time.
 */
export interface CustomTarget {
  /**
   * Called once, before the first request; what takes long belongs here. Rejecting it ends the trial before its start.
   * What it resolves to is not read.
   */
  open?(context: TargetContext): unknown;
  /** Lays sample `sample` ready for the `infer` that follows, outside the measured time. What it throws ends the trial. */
  prepare?(sample: number): void;
  /**
   * One request. `sample`: a whole number from 0 to 2^32 - 1, drawn from the seed; take it modulo the size of the data.
   * Returns an outcome, or a promise of one: `Outcome.ok`, `Outcome.wrongOutput`, `Outcome.rejected`. A
   * {@link RequestFailure} that it throws is the outcome with its code and message; anything else thrown, and anything
   * else returned, is a `target-error`. A function that returns no promise costs the measuring path no await.
   */
  infer(sample: number): Outcome | Promise<Outcome>;
  /**
   * Looks at the answer to the last `infer`, which was ok, outside the measured time: `Outcome.ok`, or what was wrong
   * with it, returned or thrown as from `infer`. No promise.
   */
  check?(sample: number): Outcome;
  /** Called once, after the last request. */
  close?(): unknown;
}

/** What a module is given beside its options, so that it need not import anything that must be installed. */
export interface Toolkit {
  readonly Outcome: typeof Outcome;
  readonly RequestFailure: typeof RequestFailure;
  /** `batch` of the campaign: samples that one request stands for. */
  readonly batch: number;
}

/** The default export of a module, or its export `target`. */
export type MakeTarget<Options = Readonly<Record<string, PlainValue>>> = (
  options: Options,
  toolkit: Toolkit,
) => CustomTarget | Promise<CustomTarget>;
