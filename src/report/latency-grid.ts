import type { Estimate } from '../stats/estimate.ts';
import { LATENCY_FIGURES, type Latency, type LatencyFigure, type LatencySummary } from '../verdict/request-figures.ts';
import { boundText, countText, lengthText, valueText } from './figures.ts';

/** Of answers that stream events. */
export const STREAM_ROWS = [
  ['firstEvent', 'first event'],
  ['firstEventService', '  since start'],
  ['betweenEvents', 'between events'],
] as const;

const ROWS = [
  ['response', 'response'],
  ['responseOk', 'ok only'],
  ['service', 'service'],
  ['wait', 'wait'],
  ['lag', 'lag'],
  ...STREAM_ROWS,
] as const;

/** How the service time over a network was made up. */
export const PART_ROWS = [
  ['connect', 'connect'],
  ['firstByte', 'first byte'],
  ['receive', 'receive'],
  ['server', 'server says'],
] as const;

/** Heading of {@link latencyRows}. */
export const LATENCY_HEADING: readonly string[] = ['ms', 'count', ...LATENCY_FIGURES];

/**
 * Every percentile of every latency, with a row for each side of the bounds where there are any. Of the ok requests
 * alone only where there were others.
 */
export function latencyRows(latency: Latency): readonly (readonly string[])[] {
  const allOk = latency.responseOk.count === latency.response.count;
  return ROWS.filter(([key]) => key !== 'responseOk' || !allOk).flatMap(([key, label]) => {
    const summary = latency[key];
    if (summary === undefined) return [];
    const values = [label, countText(summary.count), ...figuresOf(summary).map(valueText)];
    const confidence = figuresOf(summary).find(isUncertain)?.confidence;
    if (confidence === undefined) return key === 'service' ? [values, ...partRows(latency)] : [values];
    const percent = `${Number((confidence * 100).toPrecision(4))} %`;
    const low = [`  ${percent} low`, '', ...figuresOf(summary).map((estimate) => boundText(estimate, 'low'))];
    const high = [`  ${percent} high`, '', ...figuresOf(summary).map((estimate) => boundText(estimate, 'high'))];
    return key === 'service' ? [values, low, high, ...partRows(latency)] : [values, low, high];
  });
}

/** A row for each part of the service time: figures alone. */
function partRows({ parts }: Latency): readonly (readonly string[])[] {
  return PART_ROWS.flatMap(([key, label]) => {
    const summary = parts?.[key];
    return summary === undefined
      ? []
      : [[`  ${label}`, countText(summary.count), ...figuresOf(summary).map(valueText)]];
  });
}

/**
 * What the reader must know of dashes, `open` and `>` in {@link latencyRows} of response. `offered`: requests per second,
 * by which requests are turned into time.
 */
export function latencyNotes(latency: Latency, offered: number): readonly string[] {
  return [...LATENCY_FIGURES.flatMap((name) => needsNote(name, latency.response, offered)), ...beyondNotes(latency)];
}

/** What the reader must know of `>`. */
export function beyondNotes({ response }: Latency): readonly string[] {
  const estimates = figuresOf(response);
  const censored = estimates.some((estimate) => estimate.value === null && estimate.reason === 'censored');
  return [...(censored ? ["'>': beyond every response that came, among the requests that failed or never ended"] : [])];
}

function needsNote(name: LatencyFigure, response: LatencySummary, offered: number): readonly string[] {
  const estimate = response[name];
  if (!('needs' in estimate) || estimate.needs === undefined) return [];
  const inTime = (requests: number): string => (offered > 0 ? ` (${lengthText(requests / offered)})` : '');
  if (estimate.value === null) {
    const more = Math.max(0, estimate.needs - response.count);
    return [`${name} needs ${countText(estimate.needs)} requests, ${countText(more)} more${inTime(more)}`];
  }
  return [`${name} is open above: ${countText(estimate.needs)} more requests${inTime(estimate.needs)} would bound it`];
}

const figuresOf = (summary: LatencySummary): readonly Estimate[] => LATENCY_FIGURES.map((name) => summary[name]);

/** It has bounds, and they say something: those of a figure that is the same for nearly all requests do not. */
const isUncertain = (estimate: Estimate): estimate is Extract<Estimate, { confidence: number }> =>
  estimate.value !== null &&
  estimate.method !== 'observed' &&
  (estimate.low !== estimate.value || estimate.high !== estimate.value);
