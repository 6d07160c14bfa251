import { studentTQuantile } from '../student-t.ts';
import type { Point } from './rising.ts';

/** A straight line through points by least squares. */
export interface Line {
  readonly points: number;
  readonly meanX: number;
  readonly meanY: number;
  readonly slope: number;
  /** Of x about its mean, squares summed. */
  readonly spreadX: number;
  /** Of y about the line, with `points - 2` degrees of freedom. */
  readonly variance: number;
}

/** Null: fewer than three points, or all at one x. */
export function lineThrough(points: readonly Point[]): Line | null {
  const count = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / count;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / count;
  const spreadX = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (count < 3 || spreadX === 0) return null;
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spreadX;
  const rest = points.reduce((sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { points: count, meanX, meanY, slope, spreadX, variance: rest / (count - 2) };
}

export const heightAt = ({ meanX, meanY, slope }: Line, x: number): number => meanY + slope * (x - meanX);

/** Where a line rises through a height: with bounds, or without because its slope could be none; `none`: it does not rise. */
export type Crossing =
  | { readonly kind: 'bounded'; readonly value: number; readonly low: number; readonly high: number }
  | { readonly kind: 'unbounded'; readonly value: number }
  | { readonly kind: 'none' };

/**
 * The x at which a line reaches the height `y`, with Fieller's two-sided bounds: all x at which a t test on
 * `points - 2` degrees of freedom does not tell the line's height from `y`. Bounded where the slope itself is told from
 * zero. Source: Fieller, JRSS B 16 (1954) 175; Draper and Smith, Applied Regression Analysis, 3.2.
 */
export function crossingOf(line: Line, y: number, confidence: number): Crossing {
  const { points, meanX, meanY, slope, spreadX, variance } = line;
  if (slope <= 0) return { kind: 'none' };
  const above = y - meanY;
  const value = meanX + above / slope;
  const t2 = studentTQuantile((1 + confidence) / 2, points - 2) ** 2 * variance;
  const square = slope ** 2 - t2 / spreadX;
  const inner = t2 * (square / points + above ** 2 / spreadX);
  if (square <= 0) return { kind: 'unbounded', value };
  const middle = (slope * above) / square;
  const reach = Math.sqrt(inner) / square;
  return { kind: 'bounded', value, low: meanX + middle - reach, high: meanX + middle + reach };
}
