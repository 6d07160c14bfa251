import type { Cell } from '../../campaign/plan.ts';
import { observed } from '../../stats/estimate.ts';
import type { JudgedObjective } from '../judged-objective.ts';
import type { ObjectiveResult, Reason } from '../result.ts';
import type { Decision } from '../share-rule.ts';
import { durationOf, type TrialView } from '../trial-view.ts';
import { digits } from '../wording.ts';
import type { ThresholdResult } from './k6-figures.ts';
import type { PartEvidence } from './part.ts';
import { judgeThreshold, partsOf } from './threshold.ts';
import { thresholdText } from './threshold-abort.ts';

/**
 * What a script says of success itself, judged like an objective: its thresholds, once, over the merged samples of the
 * whole fleet, and whether it called the test failed. A threshold that cannot be judged here leaves the verdict open; one of
 * a metric of which there was no sample says nothing, as in k6.
 */
export function scriptVerdict({ spec }: Cell, views: readonly TrialView[], where: string): readonly JudgedObjective[] {
  if (spec.kind !== 'k6') return [];
  const told = views.flatMap(({ k6 }) => k6 ?? []);
  if (told.length === 0) return [];
  const parts = told.flatMap((each) => each.parts);
  const seconds = durationOf(views);
  const thresholds = Object.entries(spec.thresholds).flatMap(([metric, of]) =>
    of.map((threshold) => judgeThreshold(metric, threshold, parts, seconds)),
  );
  const judged = thresholds.flatMap((threshold) => {
    if (threshold.observed !== null) return [thresholdObjective(threshold, threshold.observed, parts, where)];
    const why = whyNotJudged(threshold, parts);
    return why === null ? [] : [openThreshold(threshold, why, where)];
  });
  return told.some(({ markedFailed }) => markedFailed) ? [...judged, markedFailed(where)] : judged;
}

function thresholdObjective(
  { metric, threshold, verdict }: ThresholdResult,
  found: number,
  parts: readonly PartEvidence[],
  where: string,
): JudgedObjective {
  const isTime = parts.some((part) => metric.startsWith(part.metric) && part.time);
  const text = thresholdText({ metric, threshold });
  const reason: Reason | null =
    verdict === 'kept'
      ? null
      : {
          code: 'threshold-crossed',
          where,
          message: `The script's threshold ${text} is crossed: it came to ${digits(found)}${isTime ? ' ms' : ''} over the whole fleet.`,
          hint: 'Thresholds are judged once, over the merged samples of all agents; the parts of the trial show more.',
        };
  return decided(
    {
      objective: text,
      indicator: metric,
      limit: limitOf(threshold),
      unit: isTime ? 'ms' : 'ratio',
      observed: observed(found),
    },
    reason,
  );
}

/** A clause and what helps; null: there was nothing to judge. */
function whyNotJudged({ metric }: ThresholdResult, parts: readonly PartEvidence[]): readonly [string, string] | null {
  const [, name = metric, tags] = /^([^{]+)\{(.*)\}$/u.exec(metric) ?? [];
  const meant = parts.filter((part) => part.metric === name);
  if (meant.length === 0) return null;
  if (meant.some(({ type }) => type === 'unknown'))
    return ["a stock k6 does not tell of what kind the script's own metric is", 'Build k6 with `npm run setup:k6`.'];
  if (tags !== undefined && partsOf(metric, parts) !== null) return null;
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
  where: string,
): JudgedObjective => {
  const text = thresholdText({ metric, threshold });
  return decided(
    {
      objective: text,
      indicator: metric,
      limit: limitOf(threshold),
      unit: 'ratio',
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
    { objective: 'exec.test.fail()', indicator: 'exec.test.fail', limit: 0, unit: 'ratio', observed: observed(1) },
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
