/** How figures read in reports for people: four significant digits, thousands apart. Files keep all digits. */
import type { Estimate } from '../stats/estimate.ts';
import type { ObjectiveResult } from '../verdict/objective-result.ts';

/** Whole numbers with commas between thousands. */
export const countText = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');

/** Four significant digits, at most three decimals: 0.012, 5.132, 99.96, 1,234. */
export function figureText(value: number): string {
  if (value === 0) return '0';
  const digits = Math.floor(Math.log10(Math.abs(value))) + 1;
  const decimals = Math.min(3, Math.max(0, 4 - digits));
  const [whole = '', fraction] = value.toFixed(decimals).split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Counts without decimals, other figures as everywhere. */
export const numberText = (value: number): string => (Number.isInteger(value) ? countText(value) : figureText(value));

/** Milliseconds; a dash where none are known. */
export const msText = (ms: number | null): string => (ms === null ? '-' : figureText(ms));

/** A share of 1 in percent, three significant digits: 0 %, 0.04 %, 2.5 %. */
export const percentText = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

export type Unit = ObjectiveResult['unit'];

/** A figure with its unit. */
export function quantityText(value: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return `${figureText(value)} ms`;
    case '/s':
      return `${figureText(value)}/s`;
    case 'ratio':
      return percentText(value);
    case 'count':
      return numberText(value);
    case 's':
    case 'W':
    case 'J':
    case '°C':
    case 'MHz':
      return `${figureText(value)} ${unit}`;
    case 'bytes':
      return `${figureText(value / 2 ** 20)} MiB`;
  }
}

/** The value alone: a dash where there are too few requests, `>31.0` where the rank lies among requests without end. */
export function valueText(estimate: Estimate): string {
  if (estimate.value !== null) return figureText(estimate.value);
  if (estimate.reason === 'censored') return estimate.low === undefined ? '>all' : `>${figureText(estimate.low)}`;
  return '-';
}

/** A length of time: seconds up to two minutes, then minutes, from two hours on hours. */
export function lengthText(seconds: number): string {
  if (seconds < 120) return `${figureText(seconds)} s`;
  return seconds < 7200 ? `${figureText(seconds / 60)} min` : `${figureText(seconds / 3600)} h`;
}

/** What an undecided objective would take. */
export const needsText = ({ requests, seconds }: { readonly requests: number; readonly seconds: number }): string =>
  `needs about ${countText(Math.ceil(requests))} more requests (${lengthText(seconds)})`;

/** A bound of an estimate: `open` where it has none, empty where the figure is a fact or there is none. */
export function boundText(estimate: Estimate, side: 'low' | 'high'): string {
  if (estimate.value === null || estimate.method === 'observed') return '';
  const bound = estimate[side];
  return bound === null ? 'open' : figureText(bound);
}

/** Value, unit and bounds in one phrase. */
export function estimateText(estimate: Estimate, unit: Unit): string {
  if (estimate.value === null) return absentText(estimate, unit);
  const value = quantityText(estimate.value, unit);
  if (estimate.method === 'observed') return value;
  const { low, high } = estimate;
  const below = low === null ? 'open' : quantityText(low, unit);
  const above = high === null ? 'open' : quantityText(high, unit);
  return `${value} (${below} to ${above})`;
}

/** Why there is no value. */
function absentText({ reason, low, needs }: Extract<Estimate, { readonly value: null }>, unit: Unit): string {
  switch (reason) {
    case 'not-found':
      return low === undefined ? 'not found' : `above ${quantityText(low, unit)}`;
    case 'censored':
      return 'beyond every finite value: too many requests have no end';
    case 'not-recorded':
      return 'not recorded';
    case 'no-schedule':
      return 'none: there is no schedule';
    case 'too-few-samples':
      return needs === undefined ? 'too few requests' : `too few requests, needs ${countText(needs)}`;
  }
}
