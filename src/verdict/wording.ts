import type { Indicator, Objective } from '../campaign/objective.ts';
import { partText } from '../campaign/objective-text.ts';
import { observedText } from '../campaign/observed-indicator.ts';
import { NS_PER_MS } from '../time/ns.ts';

/** `12.3 ms`: at most four digits, for sentences only. */
export const inMs = (durationNs: number): string => `${digits(durationNs / NS_PER_MS)} ms`;

/** `4.83 %`. */
export const inPercent = (share: number): string => `${digits(share * 100)} %`;

/** `12.5 s`. */
export const inSeconds = (seconds: number): string => `${digits(seconds)} s`;

/** `100.4/s`. */
export const perSecond = (rate: number): string => `${digits(rate)}/s`;

/** Four significant digits, and 0 for what is smaller than a millionth: no sentence holds an exponent. */
export const digits = (value: number): string => {
  if (Math.abs(value) < 1e-6) return '0';
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
};

/** `1 request`, `2 requests`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `response.p95`, as in campaign files. */
export function indicatorName(indicator: Indicator): string {
  switch (indicator.kind) {
    case 'latency':
      return `${indicator.metric}.p${Number((indicator.quantile * 100).toFixed(6))}`;
    case 'part':
      return partText(indicator.selector, indicator.quantile);
    case 'max':
      return 'response.max';
    case 'energy':
      return 'energy.perInference';
    case 'observed':
      return observedText(indicator);
    default:
      return indicator.kind;
  }
}

/** Whether `value` keeps an objective's bound. */
export function keeps(objective: Objective, value: number): boolean {
  const { comparison, limit } = objective;
  const slack = 1e-9 * Math.abs(limit);
  switch (comparison) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit + slack;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit - slack;
  }
}
