import type { LatencyMetric, Objective } from '../../campaign/objective.ts';
import { scaled } from '../../stats/estimate.ts';
import { percentile } from '../../stats/percentile.ts';
import { type Population, populationOf, sizeOf } from '../../stats/population.ts';
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

/** `P_p < L`: at most 1 - p of the requests (of `betweenEvents`: the gaps) may be over L, those not ok counting as over. */
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
      did: `${metric === 'betweenEvents' ? 'lasted' : 'took'} ${inMs(objective.limit)} or longer, or ${metric === 'betweenEvents' ? 'never ended' : 'failed'}`,
      those: THOSE[metric],
      allowed: question.rule.allowed,
      confidence: objective.confidence,
    }),
    needs: answer.needs,
  }));
}

/** What an objective on a latency counts. */
const THOSE: Readonly<Record<LatencyMetric, string>> = {
  response: 'scheduled requests',
  service: 'started requests',
  wait: 'started requests',
  firstEvent: 'scheduled requests',
  firstEventService: 'started requests',
  betweenEvents: 'gaps between events',
};

export function latencyQuestion(
  objective: Objective,
  { metric, quantile }: LatencyIndicator,
  limits: readonly LatencyLimit[],
): ShareQuestion {
  const index = limitIndex(limits, objective) ?? 0;
  const fromIntended = metric === 'response' || metric === 'firstEvent';
  const requests = (tally: Tally): number => (fromIntended ? tally.settled : tally.started);
  const of = (tally: Tally): number =>
    metric === 'betweenEvents' ? sizeOf(populationOf(tally, metric)) : requests(tally);
  const notOk = (tally: Tally): number => requests(tally) - tally.ok;
  const over = (tally: Tally): number => (tally.over[index] ?? 0) + notOk(tally);
  const overLessLag = (tally: Tally): number => (tally.overLessLag[index] ?? 0) + notOk(tally);
  const rule = { allowed: 1 - quantile, confidence: objective.confidence };
  return {
    rule,
    of,
    over,
    overLessLag: fromIntended ? overLessLag : over,
    // Gaps of one stream may all be long for one reason: a stream proves no more than one request does.
    ...(metric === 'betweenEvents' ? { units: requests } : {}),
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
