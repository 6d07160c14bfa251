import { Histogram } from '../../stats/histogram.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import type { ThresholdResult } from './k6-figures.ts';
import { isMixed, isWithinHistogram, type PartEvidence } from './part.ts';

const FORM =
  /^\s*(avg|min|max|med|count|rate|value|p\(\s*(\d+(?:\.\d+)?)\s*\))\s*(<=|>=|<|>|===?|!=)\s*(-?\d+(?:\.\d+)?)\s*$/u;

/** `metric` may carry a selector of tags, `http_req_duration{name:login}`. `seconds`: how long was measured. */
export function judgeThreshold(
  metric: string,
  threshold: string,
  parts: readonly PartEvidence[],
  seconds: number,
): ThresholdResult {
  const meant = partsOf(metric, parts);
  const form = FORM.exec(threshold);
  if (form === null || meant === null || meant.length === 0 || isSelectionMixed(metric, parts))
    return { metric, threshold, observed: null, verdict: 'not-judged' };
  const [, aggregate = '', percent, comparison = '', limit = ''] = form;
  const observed = aggregated(aggregate, percent, meant, seconds);
  if (observed === null) return { metric, threshold, observed, verdict: 'not-judged' };
  return { metric, threshold, observed, verdict: holds(observed, comparison, Number(limit)) ? 'kept' : 'crossed' };
}

/**
 * Whether k6 would call a threshold crossed of which there is no sample: it takes a counter, a trend and a gauge without one
 * for 0, and does not judge a share of nothing (k6 2.2, observed). The setup of a script leaves samples that no part keeps, so
 * that nothing follows from it but doubt.
 */
export function isCrossedByNothing(metric: string, threshold: string, parts: readonly PartEvidence[]): boolean {
  const { name } = selectionOf(metric);
  const form = FORM.exec(threshold);
  if (form === null) return false;
  const [, aggregate, , comparison = '', limit = ''] = form;
  const isShare = SHARES.has(name) || parts.some((part) => part.metric === name && part.type === 'rate');
  return !(aggregate === 'rate' && isShare) && !holds(0, comparison, Number(limit));
}

const SHARES: ReadonlySet<string> = new Set(['checks', 'http_req_failed', 'browser_http_req_failed']);

/** Null: it selects by a tag that parts do not keep. */
export function partsOf(metric: string, parts: readonly PartEvidence[]): readonly PartEvidence[] | null {
  const { name, wanted } = selectionOf(metric);
  const known = ['scenario', 'group', 'name', 'check'];
  if (wanted.some(([key]) => !known.includes(key))) return null;
  return parts.filter(
    (part) =>
      part.metric === name &&
      wanted.every(([key, value]) => (key === 'scenario' || key === 'group' ? part[key] : part.name) === value),
  );
}

/** Whether it selects by what is not told apart of all requests. */
export function isSelectionMixed(metric: string, parts: readonly PartEvidence[]): boolean {
  const { name, wanted } = selectionOf(metric);
  const { check, ...labels } = Object.fromEntries(wanted) as Readonly<Record<string, string>>;
  return isMixed(parts, { ...labels, ...(check === undefined ? {} : { name: check }), metric: name });
}

/** `metric{tag:value,…}` taken apart. */
function selectionOf(metric: string): {
  readonly name: string;
  readonly wanted: readonly (readonly [string, string])[];
} {
  const [, name = metric, tags = ''] = /^([^{]+)\{(.*)\}$/u.exec(metric) ?? [];
  const wanted = tags
    .split(',')
    .filter((tag) => tag.trim() !== '')
    .map(keyAndValue);
  return { name, wanted };
}

/** Of `group:::login`, `name:http://127.0.0.1/`: what stands before the first colon, and all that stands behind it. */
const keyAndValue = (tag: string): readonly [string, string] => {
  const colon = tag.indexOf(':');
  const bare = (text: string): string =>
    text
      .trim()
      .replaceAll(/^["']+|["']+$/gu, '')
      .trim();
  return colon < 0 ? [bare(tag), ''] : [bare(tag.slice(0, colon)), bare(tag.slice(colon + 1))];
};

/**
 * Null: it cannot be told. k6 takes `count` of counters alone, and percentiles and means of trends alone, so that what is of
 * an unknown kind has the kind that its threshold asks for; `rate` fits counters and rates, which differ.
 */
function aggregated(
  aggregate: string,
  percent: string | undefined,
  parts: readonly PartEvidence[],
  seconds: number,
): number | null {
  const sum = (of: (part: PartEvidence) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const count = sum((part) => part.count);
  const isCounter = parts.every(({ type }) => type === 'counter');
  const isUnknown = parts.some(({ type }) => type === 'unknown');
  switch (aggregate) {
    case 'avg':
      return sum((part) => part.sum) / count;
    case 'min':
      return Math.min(...parts.map(({ min }) => min));
    case 'max':
      return Math.max(...parts.map(({ max }) => max));
    case 'count':
      return isCounter || isUnknown ? sum((part) => part.sum) : count;
    case 'rate':
      if (isUnknown) return null;
      return isCounter ? sum((part) => part.sum) / Math.max(seconds, 1e-9) : sum((part) => part.nonzero) / count;
    case 'value':
      return isUnknown ? null : (parts.at(-1)?.sum ?? null);
    default:
      return quantileOf(parts, aggregate === 'med' ? 0.5 : Number(percent) / 100);
  }
}

function quantileOf(parts: readonly PartEvidence[], quantile: number): number | null {
  if (!parts.every(isWithinHistogram)) return null;
  const whole = new Histogram();
  for (const { histogram } of parts) if (histogram !== null) whole.add(histogram);
  return whole.total === 0 ? null : whole.quantileNs(quantile) / NS_PER_MS;
}

function holds(value: number, comparison: string, limit: number): boolean {
  switch (comparison) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '!=':
      return value !== limit;
    default:
      return value === limit;
  }
}
