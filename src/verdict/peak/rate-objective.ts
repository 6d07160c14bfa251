import type { Objective } from '../../campaign/objective.ts';
import type { Estimate } from '../../stats/estimate.ts';
import { PEAK_CONFIDENCE } from '../../stats/peak/curves.ts';
import type { Peak } from '../../stats/peak/search.ts';
import type { ObjectiveResult } from '../objective-result.ts';
import type { Decision } from '../share-rule.ts';
import type { TrialView } from '../trial-view.ts';
import type { Reason } from '../verdict.ts';
import { indicatorName, keeps, perSecond } from '../wording.ts';

interface AtPeak {
  /** The cell. */
  readonly where: string;
  /** Null: none was found. */
  readonly peak: Peak | null;
  /** Levels at its lower bound. */
  readonly views: readonly TrialView[];
  /** Samples of a request. */
  readonly batch: number;
}

/**
 * A bound on a rate, held against the maximum rate: kept where its lower bound keeps it, missed where its upper bound
 * misses it. Samples count requests times their batch; goodput only the share that was good at the lower bound.
 */
export function judgePeakRate(objective: Objective, { where, peak, views, batch }: AtPeak): ObjectiveResult {
  const estimate = peak === null ? null : rateEstimate(peak, unitOf(objective, views, batch));
  const decision = estimate === null ? 'inconclusive' : decide(objective, estimate);
  return {
    objective: objective.text,
    indicator: indicatorName(objective.indicator),
    limit: objective.limit,
    unit: '/s',
    observed: estimate ?? { value: null, reason: 'not-found' },
    over: null,
    verdict: decision,
    needs: null,
    phase: null,
    window: null,
    blindToRarerThanS: null,
    reason: decision === 'pass' ? null : missed(objective, estimate, decision, where),
  };
}

type Bounded = Estimate & { readonly value: number; readonly low: number; readonly high: number };

/** A peak in requests per second, or in what `unit` of a request is counted. */
export const rateEstimate = ({ value, low, high }: Peak, unit = 1): Bounded => ({
  value: value * unit,
  low: low * unit,
  high: high * unit,
  confidence: PEAK_CONFIDENCE,
  method: 'fieller',
});

function unitOf({ indicator: { kind } }: Objective, views: readonly TrialView[], batch: number): number {
  if (kind === 'samples') return batch;
  if (kind !== 'goodput') return 1;
  const whole = views.flatMap(({ phases }) => phases.map((phase) => phase.whole));
  const settled = whole.reduce((sum, tally) => sum + tally.settled, 0);
  return settled === 0 ? 0 : whole.reduce((sum, tally) => sum + tally.good, 0) / settled;
}

function decide(objective: Objective, { low, high }: Bounded): Decision {
  if (keeps(objective, low)) return 'pass';
  return keeps(objective, high) ? 'inconclusive' : 'fail';
}

function missed(
  objective: Objective,
  estimate: Bounded | null,
  decision: 'fail' | 'inconclusive',
  where: string,
): Reason {
  if (estimate === null)
    return {
      code: 'peak-not-found',
      where,
      message: `${objective.text} cannot be told: no maximum rate was found.`,
      hint: 'See why the search found none.',
    };
  const between = `the maximum rate lies between ${perSecond(estimate.low)} and ${perSecond(estimate.high)}`;
  return decision === 'fail'
    ? {
        code: 'objective-missed',
        where,
        message: `${objective.text} is missed: ${between}.`,
        hint: 'Give the target more capacity, or ask less of it.',
      }
    : {
        code: 'needs-more-requests',
        where,
        message: `${objective.text} cannot be told: ${between}.`,
        hint: 'Make levels longer (`every`) for a narrower interval.',
      };
}
