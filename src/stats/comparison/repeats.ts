import { signedRankAbove } from './signed-rank.ts';

/** How long one sample took when it was asked for the first time, and again; nanoseconds. */
export interface Repeat {
  readonly firstNs: number;
  readonly againNs: number;
}

/** What repeated requests tell of a cache. */
export interface RepeatFinding {
  /** `too-few`: pairs from which nothing can follow. */
  readonly kind: 'faster-again' | 'nothing-found' | 'too-few';
  readonly pairs: number;
  /** Medians, nanoseconds; null without pairs. */
  readonly firstNs: number | null;
  readonly againNs: number | null;
  /** Median over the pairs of first / again; null without pairs. */
  readonly ratio: number | null;
  /** One-sided, of "asked again it takes as long"; null below the fewest pairs. */
  readonly pValue: number | null;
}

/**
 * Level of the test. Requests have something in common (replicas that take turns, a machine that warms), which raises the
 * chance of a false alarm above it; 1 % is what it is held to.
 */
export const REPEAT_LEVEL = 0.002;
/** Smaller differences are nothing: MLPerf's audit of samples that are all the same (TEST04) allows 10 % too. */
export const REPEAT_RATIO = 1.1;
/** With fewer, even pairs that all point one way could be chance: 2^-9 is below {@link REPEAT_LEVEL}, and one pair to spare. */
export const FEWEST_REPEATS = 10;

/**
 * Whether samples are answered faster when they are asked for again: both surely (signed ranks of the log ratios) and by
 * enough. Each sample stands against itself, so that samples may cost as differently as they like.
 */
export function repeatFinding(pairs: readonly Repeat[]): RepeatFinding {
  const logs = pairs.map(({ firstNs, againNs }) => Math.log(firstNs / againNs));
  const figures = {
    pairs: pairs.length,
    firstNs: median(pairs.map(({ firstNs }) => firstNs)),
    againNs: median(pairs.map(({ againNs }) => againNs)),
    ratio: pairs.length === 0 ? null : Math.exp(median(logs) ?? 0),
  };
  if (pairs.length < FEWEST_REPEATS) return { kind: 'too-few', ...figures, pValue: null };
  const pValue = signedRankAbove(logs);
  const isFaster = pValue <= REPEAT_LEVEL && (figures.ratio ?? 0) >= REPEAT_RATIO;
  return { kind: isFaster ? 'faster-again' : 'nothing-found', ...figures, pValue };
}

function median(values: readonly number[]): number | null {
  const ascending = values.toSorted((a, b) => a - b);
  const middle = ascending.length / 2;
  const upper = ascending[Math.floor(middle)];
  const lower = ascending[Math.ceil(middle) - 1];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}
