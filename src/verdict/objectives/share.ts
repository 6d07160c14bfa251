import { effectiveSize } from '../../stats/effective.ts';
import { floorOf } from '../../stats/percentile.ts';
import type { Tally } from '../../stats/tally.ts';
import type { Needs } from '../judgement.ts';
import { type Decision, decideShare, requestsMissing, type ShareRule, type TrialShare } from '../share-rule.ts';
import { blocksOfTrial, durationOf, type TrialView, wholeOf } from '../trial-view.ts';

/** A question of the form: is the share of requests over a threshold small enough? */
export interface ShareQuestion {
  readonly rule: ShareRule;
  over(tally: Tally): number;
  /** The same on response - lag; equal to `over` where lag has no part. */
  overLessLag(tally: Tally): number;
  of(tally: Tally): number;
  /** The most that what is counted can be worth as independent: the requests that it comes from. Absent: it is requests. */
  units?(tally: Tally): number;
  /** I of one trial's 20 blocks. */
  inflation(blocks: readonly Tally[], whole: Tally): number;
  /** Decides where there are no bounds. */
  fact(over: number, n: number): Decision;
}

export interface ShareAnswer {
  readonly decision: Decision;
  readonly lessLag: Decision;
  readonly over: number;
  readonly n: number;
  readonly grossBreach: boolean;
  /** Bounds on the share; null where the run itself is the fact. */
  readonly bounds: { readonly low: number; readonly high: number } | null;
  /** Those that decided; with them of five trials and more, what differs between them. */
  readonly deciding: { readonly low: number; readonly high: number } | null;
  readonly needs: Needs | null;
  /** Undecided because the trials differ too much from one another, not for want of requests. */
  readonly scattered: boolean;
}

/** Answers over the trials together: by bounds where every trial shows one phase that has them, else by the fact. */
export function answerShare(question: ShareQuestion, views: readonly TrialView[], limits: number): ShareAnswer {
  const whole = wholeOf(views, limits);
  const over = question.over(whole);
  const n = question.of(whole);
  const units = unitsOf(question, whole);
  const seconds = durationOf(views);
  const trials = boundedTrials(question, views, limits);
  if (trials === null) {
    const decision = question.fact(over, n);
    const missing = floorOf(1 - question.rule.allowed) - n;
    return {
      decision,
      lessLag: question.fact(question.overLessLag(whole), n),
      over,
      n,
      grossBreach: false,
      bounds: null,
      deciding: null,
      needs: decision === 'inconclusive' && n > 0 ? inTime((missing * units) / n, units, seconds) : null,
      scattered: false,
    };
  }
  const by = views.every(({ sight }) => sight === 'until-look') ? 'bounds-alone' : 'bounds-or-gross-breach';
  const found = decideShare(
    trials.map((trial) => trial.share),
    question.rule,
    by,
  );
  const lessLag = decideShare(
    trials.map((trial) => ({ ...trial.share, over: trial.overLessLag })),
    question.rule,
    by,
  );
  const missing =
    found.decision === 'inconclusive' && !found.scattered
      ? requestsMissing(
          trials.map((t) => t.share),
          question.rule,
        )
      : null;
  return {
    decision: found.decision,
    lessLag: lessLag.decision,
    over,
    n,
    grossBreach: found.grossBreach,
    bounds: { low: found.low, high: found.high },
    deciding: found.deciding,
    needs: missing === null ? null : inTime(missing, units, seconds),
    scattered: found.scattered,
  };
}

interface BoundedTrial {
  readonly share: TrialShare;
  readonly overLessLag: number;
}

/** Each trial's share with its own effective size; null when a trial shows anything without bounds, or none may be over. */
function boundedTrials(
  question: ShareQuestion,
  views: readonly TrialView[],
  limits: number,
): readonly BoundedTrial[] | null {
  if (question.rule.allowed <= 0) return null;
  const trials: BoundedTrial[] = [];
  for (const view of views) {
    const blocks = blocksOfTrial(view);
    if (blocks === null) return null;
    const whole = wholeOf([view], limits);
    const n = question.of(whole);
    if (n === 0) continue;
    const units = unitsOf(question, whole);
    const inflation = Math.max(1, (question.inflation(blocks, whole) * units) / n);
    const effective = effectiveSize(units, inflation, question.rule.confidence);
    const inUnits = (count: number): number => (count * units) / n;
    const share = { over: inUnits(question.over(whole)), n: units, effective };
    trials.push({ share, overLessLag: inUnits(question.overLessLag(whole)) });
  }
  return trials;
}

const unitsOf = (question: ShareQuestion, tally: Tally): number => question.units?.(tally) ?? question.of(tally);

const inTime = (requests: number, n: number, seconds: number): Needs => ({
  requests: Math.ceil(requests),
  seconds: (requests / n) * seconds,
});
