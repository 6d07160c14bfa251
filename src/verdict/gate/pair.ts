import type { Pair } from '../../stats/comparison/paired-shift.ts';

/** A baseline's trial of every gated cell, and the candidate's beside it. */
export type GatePair =
  /** By the metric's id; absent where a trial has no such figure. Infinite where too many requests failed for it. */
  | { readonly kind: 'valid'; readonly figures: ReadonlyMap<string, Pair> }
  /** A trial of it is not to be trusted: the pair says nothing. */
  | { readonly kind: 'invalid'; readonly why: string };
