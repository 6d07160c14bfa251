import type { PerSecond } from '../../scenarios/phase.ts';

/**
 * What a level of a search is for: `bracket` doubles the rate until something breaks, `narrow` looks inside the bracket,
 * `fit` measures around the estimate for the line and its bounds, `confirm` stands at the lower bound.
 */
export type Stage = 'bracket' | 'narrow' | 'fit' | 'confirm';

export interface Level {
  readonly stage: Stage;
  /** Requests per second of the whole fleet. */
  readonly rate: PerSecond;
}

/** Requests over one limit of the search, and those that it stands on. */
export interface LevelShare {
  readonly over: number;
  readonly of: number;
}

/** A level that was measured. */
export interface MeasuredLevel extends Level {
  readonly kind: 'measured';
  /** One per limit of the search, in its order. */
  readonly shares: readonly LevelShare[];
  /** Its verdict, by bounds, is a fail. */
  readonly failed: boolean;
}

/** A level, or that its trial told nothing: `why` is a clause for people. */
export type LevelFinding = MeasuredLevel | (Level & { readonly kind: 'useless'; readonly why: string });

export const shareAt = (level: MeasuredLevel, limit: number): LevelShare => level.shares[limit] ?? { over: 0, of: 0 };

/** The first limit that more of the requests are over than it allows, a fact of the level; null: it holds. */
export function brokenLimit(levels: readonly MeasuredLevel[], allowed: readonly number[]): number | null {
  const broken = allowed.findIndex((most, limit) => {
    const over = levels.reduce((sum, level) => sum + shareAt(level, limit).over, 0);
    const of = levels.reduce((sum, level) => sum + shareAt(level, limit).of, 0);
    return over > most * of * (1 + 1e-9);
  });
  return broken < 0 ? null : broken;
}
