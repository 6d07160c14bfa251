import type { Objective } from '../../campaign/objective.ts';
import { dispersionOf } from '../../stats/effective.ts';
import { type Estimate, observed } from '../../stats/estimate.ts';
import { floorOf } from '../../stats/percentile.ts';
import type { Tally } from '../../stats/tally.ts';
import { type Judgement, judged, nothingToJudge } from '../judgement.ts';
import type { Decision } from '../share-rule.ts';
import type { TrialView } from '../trial-view.ts';
import { keeps } from '../wording.ts';
import { answerShare, type ShareAnswer, type ShareQuestion } from './share.ts';
import { shareFinding } from './share-wording.ts';

/** Failed, shed and unfinished requests of all scheduled; latency does not inflate it. */
export function judgeErrors(objective: Objective, views: readonly TrialView[], limits: number): Judgement {
  const answer = answerShare(errorsQuestion(objective), views, limits);
  if (answer.n === 0) return nothingToJudge(objective.text);
  const found = {
    observed: shareEstimate(answer, objective),
    over: { count: answer.over, of: answer.n },
    lessLag: answer.decision,
    byBounds: answer.bounds !== null,
  };
  return judged(answer.decision, found, (decision) => ({
    finding: shareFinding(answer, decision, {
      objective: objective.text,
      did: 'failed',
      those: 'scheduled requests',
      allowed: objective.limit,
      confidence: objective.confidence,
    }),
    needs: answer.needs,
  }));
}

export function errorsQuestion(objective: Objective): ShareQuestion {
  const rule = { allowed: objective.limit, confidence: objective.confidence };
  const failed = (tally: Tally): number => tally.settled - tally.ok;
  const settled = (tally: Tally): number => tally.settled;
  return {
    rule,
    over: failed,
    overLessLag: failed,
    of: settled,
    inflation: (blocks) => dispersionOf(blocks.map(failed), blocks.map(settled)).inflation,
    fact: (count, n) => errorsFact(objective, count, n),
  };
}

/** Without bounds: the share itself against the limit. */
export function errorsFact(objective: Objective, failed: number, n: number): Decision {
  if (n === 0) return 'inconclusive';
  if (!keeps(objective, failed / n)) return 'fail';
  return n >= floorOf(1 - objective.limit) ? 'pass' : 'inconclusive';
}

function shareEstimate({ over, n, bounds }: ShareAnswer, { limit, confidence }: Objective): Estimate {
  const floor = floorOf(1 - limit);
  if (n < floor) return { value: null, reason: 'too-few-samples', needs: floor };
  if (bounds === null) return observed(over / n);
  return { value: over / n, low: bounds.low, high: bounds.high, confidence, method: 'korn-graubard' };
}
