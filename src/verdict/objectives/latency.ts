import type { LatencyMetric, Objective } from '../../campaign/objective.ts';
import { scaled } from '../../stats/estimate.ts';
import { percentile } from '../../stats/percentile.ts';
import { type Population, populationOf } from '../../stats/population.ts';
import type { LatencyLimit, Tally } from '../../stats/tally.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import { inflationOfLatency } from '../inflation.ts';
import { type Judgement, judged, nothingToJudge } from '../judgement.ts';
import { limitIndex } from '../limits.ts';
import { decideFact } from '../share-rule.ts';
import { blocksToBoundTrial, type TrialView, wholeOf } from '../trial-view.ts';
import { inMs } from '../wording.ts';
import { answerShare, type ShareQuestion } from './share.ts';
import { shareFinding } from './share-wording.ts';

/** Whose latency, at which quantile. */
interface LatencyIndicator {
  readonly metric: LatencyMetric;
  readonly quantile: number;
}

/** `P_p < L`: at most 1 - p of the requests may be over L, those not ok counting as over. */
export function judgeLatency(
  objective: Objective,
  indicator: LatencyIndicator,
  views: readonly TrialView[],
  limits: readonly LatencyLimit[],
): Judgement {
  const { metric, quantile } = indicator;
  const question = latencyQuestion(objective, indicator, limits);
  const answer = answerShare(question, views, limits.length);
  if (answer.n === 0) return nothingToJudge(objective.text);
  const whole = populationOf(wholeOf(views, limits.length), metric);
  const observed = scaled(percentile(whole, blocksOfAll(views, metric), quantile), 1 / NS_PER_MS);
  const found = {
    observed,
    over: { count: answer.over, of: answer.n },
    lessLag: answer.lessLag,
    byBounds: answer.bounds !== null,
  };
  return judged(answer.decision, found, (decision) => ({
    finding: shareFinding(answer, decision, {
      objective: objective.text,
      did: `took ${inMs(objective.limit)} or longer, or failed`,
      those: metric === 'response' ? 'scheduled requests' : 'started requests',
      allowed: question.rule.allowed,
      confidence: objective.confidence,
    }),
    needs: answer.needs,
  }));
}

export function latencyQuestion(
  objective: Objective,
  { metric, quantile }: LatencyIndicator,
  limits: readonly LatencyLimit[],
): ShareQuestion {
  const index = limitIndex(limits, objective) ?? 0;
  const of = (tally: Tally): number => (metric === 'response' ? tally.settled : tally.started);
  const over = (tally: Tally): number => (tally.over[index] ?? 0) + of(tally) - tally.ok;
  const overLessLag = (tally: Tally): number => (tally.overLessLag[index] ?? 0) + of(tally) - tally.ok;
  const rule = { allowed: 1 - quantile, confidence: objective.confidence };
  return {
    rule,
    of,
    over,
    overLessLag: metric === 'response' ? overLessLag : over,
    inflation: (blocks, whole) =>
      inflationOfLatency(
        populationOf(whole, metric),
        blocks.map((block) => populationOf(block, metric)),
        { over: blocks.map(over), of: blocks.map(of) },
        objective.limit,
        quantile,
      ),
    fact: (count, n) => decideFact(count, n, rule),
  };
}

/** The blocks of all trials, one after the other; null when one of them has none to bound a figure by. */
function blocksOfAll(views: readonly TrialView[], metric: LatencyMetric): readonly Population[] | null {
  const all: Population[] = [];
  for (const view of views) {
    const blocks = blocksToBoundTrial(view);
    if (blocks === null) return null;
    all.push(...blocks.map((block) => populationOf(block, metric)));
  }
  return all;
}
