import type { Phase } from '../scenarios/phase.ts';
import type { Tally } from '../stats/tally.ts';
import type { SteadyResult } from './trial-result.ts';

/** A phase of a trial as it is judged: up to the stop instant, with its tallies added up. */
export interface PhaseView {
  /** Index into the cell's phases. */
  readonly index: number;
  readonly phase: Phase;
  /** Up to the stop; an at-once phase lasts until its last ok completion, one that went on until the last. Seconds. */
  readonly durationS: number;
  /** All of it ran. */
  readonly complete: boolean;
  readonly whole: Tally;
  /** 20 blocks where bounds belong to the phase: constant-rate open, and closed. Null: what it shows is a fact. */
  readonly blocks: readonly Tally[] | null;
  /** Whether it stayed as it was, whatever slots are left out; null where that is not asked, or it did not run whole. */
  readonly steady: SteadyResult | null;
}
