import type { Objective } from '../../campaign/objective.ts';
import { BLOCKS } from '../../stats/blocks.ts';
import { type Estimate, observed } from '../../stats/estimate.ts';
import { batchMean } from '../../stats/mean.ts';
import { studentTQuantile } from '../../stats/student-t.ts';
import type { Tally } from '../../stats/tally.ts';
import { type Finding, type Judgement, judged, type Needs, nothingToJudge } from '../judgement.ts';
import type { PhaseView } from '../phase-view.ts';
import type { Decision } from '../share-rule.ts';
import { durationOf, type TrialView } from '../trial-view.ts';
import { inSeconds, keeps, perSecond } from '../wording.ts';

export type RateIndicator = 'throughput' | 'goodput' | 'samples';

/**
 * Requests that count for a rate: on a schedule those in time, so that a target that answers in its drain does not pass;
 * elsewhere the ok ones. Goodput: those within every response limit.
 */
export function countedFor(indicator: RateIndicator, { phase, whole }: PhaseView): number {
  const onSchedule = phase.load.kind === 'open' || phase.load.kind === 'trace';
  if (indicator === 'goodput') return phase.load.kind === 'atOnce' ? whole.ok : whole.good;
  return onSchedule ? whole.inTime : whole.ok;
}

/** Throughput and goodput in requests, samples in requests x batch, each per second of the judged phases. */
export function judgeRate(
  objective: Objective,
  indicator: RateIndicator,
  views: readonly TrialView[],
  batch: number,
): Judgement {
  const seconds = durationOf(views);
  if (seconds === 0) return nothingToJudge(objective.text);
  const unit = indicator === 'samples' ? batch : 1;
  const closed = views.map(closedBlocks);
  if (closed.every((phase) => phase !== null))
    return judgeClosed(
      objective,
      closed.map((phase) => ratesOf(phase, indicator, unit)),
      seconds,
    );
  const phases = views.flatMap((view) => view.phases);
  const rate = (phases.reduce((sum, phase) => sum + countedFor(indicator, phase), 0) * unit) / seconds;
  const decision = keeps(objective, rate) ? 'pass' : 'fail';
  const found = { observed: observed(rate), over: null, lessLag: decision, byBounds: false } as const;
  return judged(decision, found, () => ({ finding: missed(objective, perSecond(rate)) }));
}

/**
 * On a closed loop the target sets the pace, and a rate is the mean of its blocks with a one-sided t bound. Several
 * trials: the mean of their means.
 */
function judgeClosed(objective: Objective, trials: readonly (readonly number[])[], seconds: number): Judgement {
  const means = trials.map(batchMean);
  const rate = means.reduce((sum, { mean }) => sum + mean, 0) / means.length;
  const error = Math.sqrt(means.reduce((sum, { standardError }) => sum + standardError ** 2, 0)) / means.length;
  const reach = studentTQuantile(objective.confidence, BLOCKS - 1) * error;
  const decision = decideRate(objective, rate, reach);
  const estimate: Estimate = {
    value: rate,
    low: rate - reach,
    high: rate + reach,
    confidence: objective.confidence,
    method: 'batch-means',
  };
  const found = { observed: estimate, over: null, lessLag: decision, byBounds: true };
  return judged(decision, found, (kind) =>
    kind === 'fail'
      ? {
          finding: missed(
            objective,
            `${perSecond(rate)}, at most ${perSecond(rate + reach)} at confidence ${objective.confidence}`,
          ),
        }
      : open(objective, rate, reach, seconds),
  );
}

function decideRate(objective: Objective, rate: number, reach: number): Decision {
  if (keeps(objective, rate - reach) && keeps(objective, rate + reach)) return 'pass';
  return keeps(objective, rate - reach) || keeps(objective, rate + reach) ? 'inconclusive' : 'fail';
}

function open(
  objective: Objective,
  rate: number,
  reach: number,
  seconds: number,
): { readonly finding: Finding; readonly needs: Needs | null } {
  const factor = (reach / (rate - objective.limit)) ** 2 - 1;
  const needs =
    Number.isFinite(factor) && factor < 1000
      ? { requests: Math.ceil(rate * seconds * factor), seconds: seconds * factor }
      : null;
  return {
    needs,
    finding: {
      code: 'needs-more-requests',
      message: `${objective.text} cannot be told: found ${perSecond(rate)}, at confidence ${objective.confidence} between ${perSecond(rate - reach)} and ${perSecond(rate + reach)}.`,
      hint:
        needs === null
          ? 'The rate stands at the limit: choose another limit.'
          : `Make the phase ${inSeconds(needs.seconds)} longer.`,
    },
  };
}

const missed = (objective: Objective, found: string): Finding => ({
  code: 'objective-missed',
  message: `${objective.text} is missed: found ${found}.`,
  hint: 'Compare offered, started and achieved rate: where they part, the target has no capacity left.',
});

function closedBlocks(view: TrialView): PhaseView | null {
  const [only] = view.phases;
  return view.phases.length === 1 && only?.phase.load.kind === 'closed' && only.blocks !== null ? only : null;
}

/** Per second, of each block. */
function ratesOf(view: PhaseView, indicator: RateIndicator, unit: number): readonly number[] {
  const count = (tally: Tally): number => (indicator === 'goodput' ? tally.good : tally.ok);
  return (view.blocks ?? []).map((block) => (count(block) * unit * BLOCKS) / view.durationS);
}
