/**
 * The search for the highest rate at which every limit is kept, as a pure function of the levels measured so far. In
 * order: doubling from `from` until a level breaks; six levels inside that bracket, once each, and where the smoothed log
 * odds of the share over pass what is allowed; five levels at 0.94 to 1.06 of that, three times each, a line through
 * their log odds and Fieller's bounds on where it gets there; three levels at the lower bound, which must hold.
 *
 * Short cold bisection finds more than there is: 10 s probes are more than 2 % too high in 62 % of searches (simulated).
 */
import type { PerSecond } from '../../scenarios/phase.ts';
import { stream } from '../../scenarios/rng.ts';
import { shuffled } from '../../scenarios/shuffle.ts';
import { bindingOf, type Curve, curvesOf, firstPassed } from './curves.ts';
import { brokenLimit, type Level, type LevelFinding, type MeasuredLevel, type Stage } from './level.ts';

export interface Search {
  /** Unsigned 64-bit integer, decimal; and what tells this search from others under the same seed. */
  readonly seed: string;
  readonly name: string;
  /** Requests per second of the first level; and of the highest that is ever offered, above it. */
  readonly from: PerSecond;
  readonly until: PerSecond;
  /** Shares of the requests that each limit allows to be over it, between 0 and 1. */
  readonly allowed: readonly number[];
}

/** The highest rate with its 95 % bounds, and the limit that binds there. */
export interface Peak {
  readonly value: PerSecond;
  readonly low: PerSecond;
  readonly high: PerSecond;
  /** Index into `allowed`. */
  readonly limit: number;
}

/** How a search ended. `limit`: an index into `allowed`. */
export type Ending =
  | { readonly kind: 'found'; readonly peak: Peak }
  /** At the lower bound a limit is broken, or (null) a trial failed. */
  | { readonly kind: 'not-confirmed'; readonly peak: Peak; readonly limit: number | null }
  /** The bounds have no end: the levels tell too little of how the share rises. */
  | { readonly kind: 'unbounded'; readonly value: PerSecond; readonly limit: number }
  /** The first level broke. */
  | { readonly kind: 'below-from'; readonly limit: number }
  /** `held`: the highest level that held, `until` or near it. */
  | { readonly kind: 'above-until'; readonly held: PerSecond }
  /** Around the estimate a limit (null: every one) does not rise with the rate. */
  | { readonly kind: 'no-crossing'; readonly limit: number | null }
  | { readonly kind: 'useless-level'; readonly level: Level; readonly why: string };

export type Step =
  /** `atMost`: levels that may still come after this one. */
  | { readonly kind: 'level'; readonly level: Level; readonly atMost: number }
  | { readonly kind: 'ended'; readonly ending: Ending };

export const NARROW_LEVELS = 6;
const FIT_FACTORS = [0.94, 0.97, 1, 1.03, 1.06];
const FIT_TIMES = 3;
const HIGHEST_FACTOR = 1.06;
export const FIT_LEVELS = FIT_FACTORS.length * FIT_TIMES;
export const CONFIRM_LEVELS = 3;

const AFTER_BRACKET = NARROW_LEVELS + FIT_LEVELS + CONFIRM_LEVELS;

/** Levels that a search has at least when it finds something, and at most. */
export function levelCounts({ from, until }: Pick<Search, 'from' | 'until'>): { least: number; most: number } {
  return { least: Math.min(2, bracketRates(from, until).length) + AFTER_BRACKET, most: mostLevels({ from, until }) };
}

export const mostLevels = ({ from, until }: Pick<Search, 'from' | 'until'>): number =>
  bracketRates(from, until).length + AFTER_BRACKET;

/** What comes after the levels found so far, in the order in which they were measured. */
export function nextStep(search: Search, found: readonly LevelFinding[]): Step {
  const useless = found.find((level) => level.kind === 'useless');
  if (useless !== undefined) {
    const { stage, rate, why } = useless;
    return ended({ kind: 'useless-level', level: { stage, rate }, why });
  }
  const levels = found.filter((level) => level.kind === 'measured');
  const of = (stage: Stage): readonly MeasuredLevel[] => levels.filter((level) => level.stage === stage);
  return whileBracketing(search, of('bracket'), (low, high) =>
    insideBracket(search, [low, high], of('narrow'), (estimate) =>
      aroundEstimate(search, estimate, of('fit'), (peak) => atLowerBound(search, peak, of('confirm'))),
    ),
  );
}

/** The curves of a search whose levels for them are all there; none before. */
export function curvesFound({ allowed }: Search, found: readonly LevelFinding[]): readonly Curve[] {
  const levels = found.filter((level) => level.kind === 'measured').filter(({ stage }) => stage === 'fit');
  return levels.length < FIT_LEVELS ? [] : curvesOf(levels, allowed);
}

const ended = (ending: Ending): Step => ({ kind: 'ended', ending });

const levelAt = (stage: Stage, rate: PerSecond, atMost: number): Step => ({
  kind: 'level',
  level: { stage, rate },
  atMost,
});

function bracketRates(from: PerSecond, until: PerSecond): readonly PerSecond[] {
  const rates: PerSecond[] = [];
  for (let rate = from; rate < until; rate *= 2) rates.push(rate);
  return [...rates, until];
}

function whileBracketing(
  { from, until, allowed }: Search,
  levels: readonly MeasuredLevel[],
  then: (low: MeasuredLevel, high: MeasuredLevel) => Step,
): Step {
  const rates = bracketRates(from, until);
  const last = levels.at(-1);
  const broken = last === undefined ? null : brokenLimit([last], allowed);
  if (last === undefined || broken === null) {
    const next = rates[levels.length];
    if (next === undefined) return ended({ kind: 'above-until', held: last?.rate ?? until });
    return levelAt('bracket', next, rates.length - levels.length - 1 + AFTER_BRACKET);
  }
  const before = levels.at(-2);
  return before === undefined ? ended({ kind: 'below-from', limit: broken }) : then(before, last);
}

function insideBracket(
  { seed, name, allowed }: Search,
  [low, high]: readonly [MeasuredLevel, MeasuredLevel],
  levels: readonly MeasuredLevel[],
  then: (estimate: PerSecond) => Step,
): Step {
  const step = (high.rate - low.rate) / (NARROW_LEVELS + 1);
  const inside = Array.from({ length: NARROW_LEVELS }, (_, i) => readable(low.rate + (i + 1) * step));
  const next = shuffled(inside, stream(seed, `peak/${name}/narrow`))[levels.length];
  if (next !== undefined)
    return levelAt('narrow', next, NARROW_LEVELS - levels.length - 1 + FIT_LEVELS + CONFIRM_LEVELS);
  return then(firstPassed([low, ...levels, high], allowed) ?? low.rate);
}

function aroundEstimate(
  { seed, name, until, allowed }: Search,
  estimate: PerSecond,
  levels: readonly MeasuredLevel[],
  then: (peak: Peak) => Step,
): Step {
  // Nothing above `until` is offered: the levels around an estimate near it lie lower.
  const middle = Math.min(estimate, until / HIGHEST_FACTOR);
  const around = FIT_FACTORS.map((factor) => Math.min(until, readable(middle * factor)));
  const all = Array.from({ length: FIT_TIMES }, () => around).flat();
  const next = shuffled(all, stream(seed, `peak/${name}/fit`))[levels.length];
  if (next !== undefined) return levelAt('fit', next, FIT_LEVELS - levels.length - 1 + CONFIRM_LEVELS);
  const binding = bindingOf(curvesOf(levels, allowed), allowed);
  if (binding.kind === 'broken-throughout') return ended({ kind: 'no-crossing', limit: binding.limit });
  if (binding.kind === 'never-reached') return ended({ kind: 'no-crossing', limit: null });
  const { curve, crossing } = binding;
  if (crossing.kind === 'unbounded' || crossing.low <= 0)
    return ended({ kind: 'unbounded', value: crossing.value, limit: curve.limit });
  if (crossing.low >= until) return ended({ kind: 'above-until', held: Math.max(...levels.map(({ rate }) => rate)) });
  return then({ value: crossing.value, low: crossing.low, high: crossing.high, limit: curve.limit });
}

function atLowerBound({ allowed }: Search, peak: Peak, levels: readonly MeasuredLevel[]): Step {
  const left = CONFIRM_LEVELS - levels.length;
  if (left > 0) return levelAt('confirm', floorTo(peak.low), left - 1);
  const limit = brokenLimit(levels, allowed);
  if (limit !== null || levels.some(({ failed }) => failed)) return ended({ kind: 'not-confirmed', peak, limit });
  return ended({ kind: 'found', peak });
}

/** Four digits of a rate: levels lie per cents apart. */
const readable = (rate: PerSecond): PerSecond => Number(rate.toPrecision(4));

/** Four digits, never above the rate itself. */
function floorTo(rate: PerSecond): PerSecond {
  const near = readable(rate);
  return near <= rate ? near : Number((near - 10 ** (Math.floor(Math.log10(near)) - 3)).toPrecision(4));
}
