import { lowerShare, upperShare } from '../stats/binomial.ts';
import { floorOf } from '../stats/percentile.ts';
import { studentTQuantile } from '../stats/student-t.ts';

/** What a verdict can be on sound evidence, from good to bad: {@link gravest} goes by this order. */
export const DECISIONS = ['pass', 'inconclusive', 'fail'] as const;
export type Decision = (typeof DECISIONS)[number];

export const gravest = (decisions: readonly Decision[]): Decision =>
  decisions.reduce((worst, next) => (DECISIONS.indexOf(next) > DECISIONS.indexOf(worst) ? next : worst), 'pass');

/** At most `allowed` of all requests may be over; `confidence` one-sided. */
export interface ShareRule {
  readonly allowed: number;
  readonly confidence: number;
}

/** Requests over, of one trial, and what they are worth as independent ones. */
export interface TrialShare {
  readonly over: number;
  readonly n: number;
  readonly effective: number;
}

export interface ShareDecision {
  readonly decision: Decision;
  readonly grossBreach: boolean;
  /** Korn and Graubard's bounds on the pooled share. */
  readonly low: number;
  readonly high: number;
  /** The bounds that were held against what is allowed: of five trials and more, their scatter is in them. */
  readonly deciding: { readonly low: number; readonly high: number };
  /** The trials together would tell, but they differ too much from one another. */
  readonly scattered: boolean;
}

/** From so many trials on, their scatter is judged too. */
export const TRIALS_FOR_SPREAD = 5;

/** A share this many times the allowed one, over this many times the floor, fails without bounds: one outage is one event. */
const GROSS_SHARE = 2.5;
const GROSS_FLOORS = 10;

/**
 * Judges a share by bounds: pass when its upper bound is below what is allowed, fail when its lower bound is above it or
 * it is a gross breach, else inconclusive. Five trials and more are also judged by the scatter of their log odds: both
 * bounds must say so. That of the log odds alone errs in 1 - confidence of cases by its definition. `by`: a look half-way is not half of a gross breach, it fails by bounds alone.
 */
export function decideShare(
  trials: readonly TrialShare[],
  rule: ShareRule,
  by: 'bounds-alone' | 'bounds-or-gross-breach' = 'bounds-or-gross-breach',
): ShareDecision {
  const { over, n, effective } = pooled(trials);
  if (n === 0)
    return {
      decision: 'inconclusive',
      grossBreach: false,
      low: 0,
      high: 1,
      deciding: { low: 0, high: 1 },
      scattered: false,
    };
  const hits = (over / n) * effective;
  const low = lowerShare(hits, effective, rule.confidence);
  const high = upperShare(hits, effective, rule.confidence);
  const grossBreach =
    by === 'bounds-or-gross-breach' &&
    n >= GROSS_FLOORS * floorOf(1 - rule.allowed) &&
    over / n >= GROSS_SHARE * rule.allowed;
  const spread = trials.length >= TRIALS_FOR_SPREAD ? spreadBounds(trials, rule.confidence) : { low, high };
  const deciding = { low: Math.min(low, spread.low), high: Math.max(high, spread.high) };
  const decision = decide(grossBreach || deciding.low > rule.allowed, deciding.high < rule.allowed);
  const alone = decide(low > rule.allowed, high < rule.allowed);
  const scattered = decision === 'inconclusive' && alone !== 'inconclusive';
  return { decision, grossBreach, low, high, deciding, scattered };
}

/** Without bounds: what the run itself showed. Passes when the nearest-rank quantile lies under the limit. */
export function decideFact(over: number, n: number, rule: ShareRule): Decision {
  if (over > rule.allowed * n + 1e-9 * Math.max(1, n * 1e-3)) return 'fail';
  return n >= floorOf(1 - rule.allowed) ? 'pass' : 'inconclusive';
}

/**
 * More requests of the same kind after which the same share would be decided; null when the share stands at the limit
 * itself, or so near that a thousand times as many would not do.
 */
export function requestsMissing(trials: readonly TrialShare[], rule: ShareRule): number | null {
  const { over, n, effective } = pooled(trials);
  if (n === 0) return null;
  const share = over / n;
  const worth = effective / n;
  const decided = (size: number): boolean =>
    share < rule.allowed
      ? upperShare(share * worth * size, worth * size, rule.confidence) < rule.allowed
      : lowerShare(share * worth * size, worth * size, rule.confidence) > rule.allowed;
  let high = n;
  while (!decided(high)) {
    high *= 2;
    if (high > n * 1000) return null;
  }
  let low = n;
  while (high - low > Math.max(1, high * 1e-3)) {
    const middle = (low + high) / 2;
    if (decided(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high) - n;
}

function pooled(trials: readonly TrialShare[]): TrialShare {
  return trials.reduce(
    (sum, trial) => ({
      over: sum.over + trial.over,
      n: sum.n + trial.n,
      effective: sum.effective + trial.effective,
    }),
    { over: 0, n: 0, effective: 0 },
  );
}

/** t bounds on the mean log odds of the trials, as shares. */
function spreadBounds(trials: readonly TrialShare[], confidence: number): { low: number; high: number } {
  const count = trials.length;
  const odds = trials.map(({ over, n }) => Math.log((over + 0.5) / (n - over + 0.5)));
  const mean = odds.reduce((sum, y) => sum + y, 0) / count;
  const variance = odds.reduce((sum, y) => sum + (y - mean) ** 2, 0) / (count - 1);
  const reach = studentTQuantile(confidence, count - 1) * Math.sqrt(variance / count);
  return { low: shareOfOdds(mean - reach), high: shareOfOdds(mean + reach) };
}

const shareOfOdds = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

const decide = (fails: boolean, passes: boolean): Decision => {
  if (fails) return 'fail';
  return passes ? 'pass' : 'inconclusive';
};
