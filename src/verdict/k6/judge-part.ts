import type { Indicator, Objective } from '../../campaign/objective.ts';
import { bucketOf, toRecordedUs } from '../../stats/buckets.ts';
import { type Estimate, observed } from '../../stats/estimate.ts';
import { Histogram } from '../../stats/histogram.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import { type Judgement, judged, nothingToJudge } from '../judgement.ts';
import type { Decision } from '../share-rule.ts';
import { inMs, inPercent } from '../wording.ts';
import { isMixed, NAME_THEM, type PartEvidence, selected } from './part.ts';

/**
 * A percentile of a script's part, a fact of the run: k6's samples carry no intended start, so that there are no blocks to
 * take bounds from. What lies in the limit's own bucket counts as over for a pass and as under for a fail.
 */
export function judgePart(
  objective: Objective,
  { selector, quantile }: Extract<Indicator, { readonly kind: 'part' }>,
  parts: readonly PartEvidence[],
): Judgement {
  if (isMixed(parts, selector)) return untold(objective);
  const whole = new Histogram();
  for (const { histogram, time } of selected(parts, selector)) {
    if (time && histogram !== null) whole.add(histogram);
  }
  const n = whole.total;
  if (n === 0) return nothingToJudge(`${objective.text}: the script left no such part; it`);
  const limitNs = objective.comparison === '<=' ? objective.limit + 1 : objective.limit;
  const bucket = bucketOf(toRecordedUs(limitNs));
  const mostOver = whole.countFrom(bucket);
  const leastOver = whole.countFrom(bucket + 1);
  const allowed = 1 - quantile;
  const decision = decide(mostOver / n, leastOver / n, allowed);
  const found = {
    observed: observed(whole.quantileNs(quantile) / NS_PER_MS),
    over: { count: mostOver, of: n },
    lessLag: decision,
    byBounds: false,
  };
  const took = `took ${inMs(objective.limit)} or longer (${inPercent(mostOver / n)}), ${inPercent(allowed)} may`;
  return judged(decision, found, (missed) => ({
    finding:
      missed === 'fail'
        ? {
            code: 'objective-missed',
            message: `${objective.text} is missed: ${mostOver} of ${n} requests of this part ${took}.`,
            hint: 'The part stands with its percentiles among the parts of the trial.',
          }
        : {
            code: 'limit-not-counted',
            message: `${objective.text} cannot be told: it depends on requests in the limit's own bucket, a thousandth of it wide.`,
            hint: 'Choose another limit.',
          },
  }));
}

const untold = ({ text }: Objective): Judgement =>
  judged('inconclusive', { observed: NONE, over: null, lessLag: 'inconclusive', byBounds: false }, () => ({
    finding: {
      code: 'not-observed',
      message: `${text} cannot be told: there are more names than parts are kept by, and some of these requests may stand under (others).`,
      hint: NAME_THEM,
    },
  }));

const NONE: Estimate = { value: null, reason: 'not-recorded' };

function decide(mostOver: number, leastOver: number, allowed: number): Decision {
  const slack = 1e-12;
  if (mostOver <= allowed + slack) return 'pass';
  return leastOver > allowed + slack ? 'fail' : 'inconclusive';
}
