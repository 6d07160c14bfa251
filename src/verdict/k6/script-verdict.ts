import type { Cell } from '../../campaign/plan.ts';
import { observed } from '../../stats/estimate.ts';
import type { JudgedObjective } from '../judged-objective.ts';
import type { ObjectiveResult } from '../objective-result.ts';
import type { Decision } from '../share-rule.ts';
import { durationOf, type TrialView } from '../trial-view.ts';
import type { Reason } from '../verdict.ts';
import { digits } from '../wording.ts';
import type { ThresholdResult } from './k6-figures.ts';
import { isWithinHistogram, NAME_THEM, type PartEvidence } from './part.ts';
import { isCrossedByNothing, isSelectionMixed, judgeThreshold, partsOf } from './threshold.ts';
import { thresholdText } from './threshold-abort.ts';

/**
 * What a script says of success itself, judged like an objective: its thresholds, once, over the merged samples of the
 * whole fleet, and whether it called the test failed. A threshold that cannot be judged here leaves the verdict open; one of
 * which there was no sample too, where k6 alone would call it crossed, and else says nothing.
 */
export function scriptVerdict({ spec }: Cell, views: readonly TrialView[], where: string): readonly JudgedObjective[] {
  if (spec.kind !== 'k6') return [];
  const told = views.flatMap(({ k6 }) => k6 ?? []);
  if (told.length === 0) return [];
  const trials = told.map(({ parts }) => parts);
  const seconds = durationOf(views);
  const judged = Object.entries(spec.thresholds).flatMap(([metric, of]) =>
    of.flatMap((threshold) => {
      const { result, parts } = gravestOf(metric, threshold, trials, seconds);
      if (result.observed !== null) return [thresholdObjective(result, result.observed, parts, where)];
      const why = whyNotJudged(result, parts);
      return why === null ? [] : [openThreshold(result, why, parts, where)];
    }),
  );
  return told.some(({ markedFailed }) => markedFailed) ? [...judged, markedFailed(where)] : judged;
}

/** What a threshold came to, and the parts that it was judged over. */
interface Told {
  readonly result: ThresholdResult;
  readonly parts: readonly PartEvidence[];
}

/** Over the samples of all trials together; a count is one of each trial, and the gravest of them counts. */
function gravestOf(
  metric: string,
  threshold: string,
  trials: readonly (readonly PartEvidence[])[],
  seconds: number,
): Told {
  const over = (parts: readonly PartEvidence[]): Told => ({
    result: judgeThreshold(metric, threshold, parts, seconds),
    parts,
  });
  const each = COUNTS.test(threshold) ? trials.map(over) : [];
  return (
    each.find(({ result }) => result.verdict === 'crossed') ??
    each.find(({ result, parts }) => result.observed === null && whyNotJudged(result, parts) !== null) ??
    each.find(({ result }) => result.observed !== null) ??
    over(trials.flat())
  );
}

const COUNTS = /^\s*count\b/u;

function thresholdObjective(
  { metric, threshold, verdict }: ThresholdResult,
  found: number,
  parts: readonly PartEvidence[],
  where: string,
): JudgedObjective {
  const unit = unitOf({ metric, threshold }, parts);
  const text = thresholdText({ metric, threshold });
  const reason: Reason | null =
    verdict === 'kept'
      ? null
      : {
          code: 'threshold-crossed',
          where,
          message: `The script's threshold ${text} is crossed: it came to ${digits(found)}${unit === 'ms' ? ' ms' : ''} over the whole fleet.`,
          hint: 'Thresholds are judged once, over the merged samples of all agents; the parts of the trial show more.',
        };
  return decided(
    {
      objective: text,
      indicator: metric,
      limit: limitOf(threshold),
      unit,
      observed: observed(found),
    },
    reason,
  );
}

const VIRTUAL_USERS: ReadonlySet<string> = new Set(['vus', 'vus_max']);

/** Without the selector of a threshold. */
const metricOf = (metric: string): string => metric.split('{', 1)[0] ?? metric;

/** Of a rate its share, of a counter's rate a second, of times milliseconds; all else is a number as the script counts. */
function unitOf(
  { metric, threshold }: Pick<ThresholdResult, 'metric' | 'threshold'>,
  parts: readonly PartEvidence[],
): ObjectiveResult['unit'] {
  const [part] = parts.filter((each) => each.metric === metricOf(metric));
  if (COUNTS.test(threshold)) return 'count';
  if (/^\s*rate\b/u.test(threshold)) return part?.type === 'counter' ? '/s' : 'ratio';
  return part?.time === true ? 'ms' : 'count';
}

/** A clause and what helps; null: there was nothing to judge. */
function whyNotJudged(
  { metric, threshold }: ThresholdResult,
  parts: readonly PartEvidence[],
): readonly [string, string] | null {
  const [, tags] = /\{(.*)\}$/u.exec(metric) ?? [];
  const meant = parts.filter((part) => part.metric === metricOf(metric));
  if (VIRTUAL_USERS.has(metricOf(metric)))
    return [
      'how many virtual users there are belongs to no scenario, and is not kept by the second',
      'Leave it out; the most that there were stand in `k6.vusMax`.',
    ];
  if (isSelectionMixed(metric, parts)) return ['there are more names than parts are kept by', NAME_THEM];
  if (meant.length === 0 || partsOf(metric, parts)?.length === 0)
    return isCrossedByNothing(metric, threshold, parts)
      ? [
          'no iteration left a sample of it, which k6 alone takes for 0, and 0 crosses it',
          'See whether the script ever adds to it, and under these tags.',
        ]
      : null;
  if (meant.some(({ type }) => type === 'unknown'))
    return ["a stock k6 does not tell of what kind the script's own metric is", 'Build k6 with `npm run setup:k6`.'];
  if (!meant.every(isWithinHistogram))
    return [
      'values below 0 or above 3,600,000 are not told apart',
      'Count in a larger unit, or judge by avg, min or max.',
    ];
  return tags === undefined
    ? ['its form is not known', 'Write it as k6 documents its thresholds, for example p(95)<500.']
    : [
        'it selects by a tag by which parts are not kept',
        'Select by scenario, group, name or check, or name what is meant by the `name` tag of its requests.',
      ];
}

const openThreshold = (
  { metric, threshold }: ThresholdResult,
  [why, hint]: readonly [string, string],
  parts: readonly PartEvidence[],
  where: string,
): JudgedObjective => {
  const text = thresholdText({ metric, threshold });
  return decided(
    {
      objective: text,
      indicator: metric,
      limit: limitOf(threshold),
      unit: unitOf({ metric, threshold }, parts),
      observed: { value: null, reason: 'not-recorded' },
    },
    {
      code: 'threshold-not-judged',
      where,
      message: `The script's threshold ${text} cannot be judged: ${why}.`,
      hint,
    },
    'inconclusive',
  );
};

const limitOf = (threshold: string): number => Number(/-?\d+(\.\d+)?\s*$/u.exec(threshold)?.[0] ?? 0);

const markedFailed = (where: string): JudgedObjective =>
  decided(
    { objective: 'exec.test.fail()', indicator: 'exec.test.fail', limit: 0, unit: 'count', observed: observed(1) },
    {
      code: 'marked-failed',
      where,
      message: 'The script itself called the test failed (exec.test.fail()).',
      hint: 'Look at where the script calls it, and at what k6 logged.',
    },
  );

function decided(
  what: Pick<ObjectiveResult, 'objective' | 'indicator' | 'limit' | 'unit' | 'observed'>,
  reason: Reason | null,
  decision: Decision = reason === null ? 'pass' : 'fail',
): JudgedObjective {
  return {
    decision,
    lessLag: decision,
    byBounds: false,
    decides: true,
    result: {
      ...what,
      over: null,
      verdict: decision,
      needs: null,
      phase: null,
      window: null,
      blindToRarerThanS: null,
      reason,
    },
  };
}
