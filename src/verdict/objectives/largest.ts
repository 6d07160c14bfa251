import type { Objective } from '../../campaign/objective.ts';
import { scaled } from '../../stats/estimate.ts';
import { largestDuration } from '../../stats/mean.ts';
import { populationOf } from '../../stats/population.ts';
import type { LatencyLimit, Tally } from '../../stats/tally.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import { type Judgement, judged, nothingToJudge } from '../judgement.ts';
import { limitIndex } from '../limits.ts';
import type { Decision } from '../share-rule.ts';
import { type TrialView, wholeOf } from '../trial-view.ts';
import { counted, inMs } from '../wording.ts';

/** `response.max`: one request over, or not ok, is a fail; a fact of the run. */
export function judgeLargest(
  objective: Objective,
  views: readonly TrialView[],
  limits: readonly LatencyLimit[],
): Judgement {
  const whole = wholeOf(views, limits.length);
  const n = whole.settled;
  if (n === 0) return nothingToJudge(objective.text);
  const index = limitIndex(limits, objective) ?? 0;
  const over = overLargest(whole, whole.over[index] ?? 0);
  const decision = decideLargest(over);
  const found = {
    observed: scaled(largestDuration(populationOf(whole, 'response')), 1 / NS_PER_MS),
    over: { count: over, of: n },
    lessLag: decideLargest(overLargest(whole, whole.overLessLag[index] ?? 0)),
    byBounds: false,
  };
  return judged(decision, found, () => ({
    finding: {
      code: 'objective-missed',
      message: `${objective.text} is missed: ${counted(over, 'request')} of ${n} took ${inMs(objective.limit)} or longer, or failed; the longest ok one took ${inMs(whole.response.maxNs)}.`,
      hint: 'The slowest requests are listed with their instants.',
    },
  }));
}

const overLargest = (whole: Tally, over: number): number => over + whole.settled - whole.ok;

const decideLargest = (over: number): Decision => (over > 0 ? 'fail' : 'pass');
