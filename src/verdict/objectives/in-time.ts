import { allowedShare } from '../../campaign/early-stop.ts';
import type { Objective } from '../../campaign/objective.ts';
import { startingRate } from '../../scenarios/profile.ts';
import { dispersionOf } from '../../stats/effective.ts';
import { type Estimate, observed } from '../../stats/estimate.ts';
import type { Tally } from '../../stats/tally.ts';
import { type Judgement, judged, nothingToJudge } from '../judgement.ts';
import type { TrialView } from '../trial-view.ts';
import type { RateIndicator } from './rate.ts';
import { answerShare, type ShareAnswer, type ShareQuestion } from './share.ts';
import { shareFinding } from './share-wording.ts';

/**
 * A rate on a schedule that was cut: the rate of half a run is no fact of the run. What it would have come to is estimated
 * instead, as the planned rate times the share of requests in time (of goodput: good ones), and judged by the bounds on
 * that share.
 */
export function judgeInTime(
  objective: Objective,
  indicator: RateIndicator,
  views: readonly TrialView[],
  batch: number,
  limits: number,
): Judgement {
  const phase = views[0]?.phases[0]?.phase;
  const allowed = phase === undefined ? null : allowedShare(objective, phase, batch);
  if (phase?.load.kind !== 'open' || allowed === null) return nothingToJudge(objective.text);
  const answer = answerShare(inTimeQuestion(objective, indicator, allowed), views, limits);
  if (answer.n === 0) return nothingToJudge(objective.text);
  const planned = startingRate(phase.load.profile) * (indicator === 'samples' ? batch : 1);
  const found = {
    observed: rateOf(answer, planned, objective.confidence),
    over: null,
    lessLag: answer.lessLag,
    byBounds: answer.bounds !== null,
  };
  return judged(answer.decision, found, (decision) => ({
    finding: shareFinding(answer, decision, {
      objective: objective.text,
      did: indicator === 'goodput' ? 'were not good' : 'were not answered in time',
      those: 'scheduled requests',
      allowed,
      confidence: objective.confidence,
    }),
    needs: answer.needs,
  }));
}

function inTimeQuestion(objective: Objective, indicator: RateIndicator, allowed: number): ShareQuestion {
  const of = (tally: Tally): number => tally.settled;
  const over = (tally: Tally): number => tally.settled - (indicator === 'goodput' ? tally.good : tally.inTime);
  return {
    rule: { allowed, confidence: objective.confidence },
    of,
    over,
    overLessLag: over,
    inflation: (blocks) => dispersionOf(blocks.map(over), blocks.map(of)).inflation,
    fact: (count, n) => (count > allowed * n ? 'fail' : 'pass'),
  };
}

function rateOf({ over, n, bounds }: ShareAnswer, planned: number, confidence: number): Estimate {
  const rate = planned * (1 - over / n);
  if (bounds === null) return observed(rate);
  const [low, high] = [planned * (1 - bounds.high), planned * (1 - bounds.low)];
  return { value: rate, low, high, confidence, method: 'korn-graubard' };
}
