import { type MeasuredLevel, shareAt } from './level.ts';
import { type Crossing, crossingOf, heightAt, type Line, lineThrough } from './line.ts';
import { logOdds, logOddsOf, shareOfLogOdds } from './log-odds.ts';
import { type Point, risesThrough } from './rising.ts';

/** Two-sided confidence of the interval of a peak. */
export const PEAK_CONFIDENCE = 0.95;

/** How the share over one limit rises with the rate: a line through its log odds. */
export interface Curve {
  /** Index of the limit in the search. */
  readonly limit: number;
  readonly line: Line;
  /** Where it reaches what the limit allows. */
  readonly crossing: Crossing;
}

const pointAt = (level: MeasuredLevel, limit: number): Point => {
  const { over, of } = shareAt(level, limit);
  return { x: level.rate, y: logOddsOf(over, of) };
};

/**
 * How far a line through log odds of observed shares runs below the log odds of their mean, near the share `allowed`. Log
 * odds are concave below one half: those of a share that scatters lie on average below those of its mean, by half the second
 * derivative times its variance, which is their own variance times (1 - 2 allowed) / 2. Source: the delta method to second
 * order.
 */
const sagOf = (allowed: number, { variance }: Line): number => (variance * (1 - 2 * allowed)) / 2;

/** The mean share over a limit at a rate, as a line tells it. */
export const meanShareAt = (line: Line, allowed: number, rate: number): number =>
  shareOfLogOdds(heightAt(line, rate) + sagOf(allowed, line));

/** The curve of each limit over levels that were measured for it. */
export function curvesOf(levels: readonly MeasuredLevel[], allowed: readonly number[]): readonly Curve[] {
  return allowed.flatMap((most, limit) => {
    const line = lineThrough(levels.map((level) => pointAt(level, limit)));
    return line === null
      ? []
      : [{ limit, line, crossing: crossingOf(line, logOdds(most) - sagOf(most, line), PEAK_CONFIDENCE) }];
  });
}

/** What the curves together say: the smallest crossing binds. */
export type Binding =
  | { readonly kind: 'binds'; readonly curve: Curve; readonly crossing: Exclude<Crossing, { kind: 'none' }> }
  /** A limit is broken at these rates without its share rising with them. */
  | { readonly kind: 'broken-throughout'; readonly limit: number }
  /** None rises. */
  | { readonly kind: 'never-reached' };

export function bindingOf(curves: readonly Curve[], allowed: readonly number[]): Binding {
  const broken = curves.find(
    ({ limit, line, crossing }) => crossing.kind === 'none' && line.meanY > logOdds(allowed[limit] ?? 1),
  );
  if (broken !== undefined) return { kind: 'broken-throughout', limit: broken.limit };
  const rising = curves.flatMap((curve) =>
    curve.crossing.kind === 'none' ? [] : [{ kind: 'binds', curve, crossing: curve.crossing } as const],
  );
  const [first, ...others] = rising;
  if (first === undefined) return { kind: 'never-reached' };
  return others.reduce((least, next) => (next.crossing.value < least.crossing.value ? next : least), first);
}

/** Where the first limit is passed between levels, each measured once; null: none is. */
export function firstPassed(levels: readonly MeasuredLevel[], allowed: readonly number[]): number | null {
  const inOrder = levels.toSorted((a, b) => a.rate - b.rate);
  const passed = allowed.flatMap((most, limit) => {
    const at = risesThrough(
      inOrder.map((level) => pointAt(level, limit)),
      logOdds(most),
    );
    return at === null ? [] : [at];
  });
  return passed.length === 0 ? null : Math.min(...passed);
}
