/** Places and words of ticks; pure. */

/** Steps between ticks of a time axis, seconds. */
export const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** `-2 s`, `45 s`, `1:30`, `1:00:00`: seconds alone as long as the whole axis ends before two minutes. */
export function timeText(seconds: number, endS: number): string {
  if (Math.abs(endS) < 120) return `${seconds} s`;
  const sign = seconds < 0 ? '-' : '';
  const whole = Math.abs(Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return endS < 3600 ? `${sign}${hours * 60 + minutes}:${two(rest)}` : `${sign}${hours}:${two(minutes)}:${two(rest)}`;
}

/** At most four significant digits, thousands shortened: 0.012, 12.5, 950, 1.2k, 3M. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(4)));
}

/** As {@link tickText}, with all digits that mean something: for reading single values. */
export const valueText = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 4 });

/** Places on a percentile axis, as 1 / (1 - p), and their words. */
export const PERCENTILE_TICKS: readonly (readonly [oneIn: number, text: string])[] = [
  [1, '0 %'],
  [2, '50 %'],
  [10, '90 %'],
  [20, '95 %'],
  [100, '99 %'],
  [1000, '99.9 %'],
  [10_000, '99.99 %'],
  [100_000, '99.999 %'],
  [1_000_000, '1 in 1M'],
  [10_000_000, '1 in 10M'],
  [100_000_000, '1 in 100M'],
];

/** The percentile that one in so many requests exceeds: 95 %, 99.9 %. */
export const percentileText = (oneIn: number): string => `${Number((100 * (1 - 1 / oneIn)).toPrecision(6))} %`;

/**
 * Both ends of a value axis. Linear ones begin at zero. Logarithmic ones go from a round figure below to one above;
 * nothing below a microsecond is told apart.
 */
export function valueRange(lowest: number, highest: number, law: 'linear' | 'log'): [number, number] {
  if (law === 'linear') return [0, highest > 0 ? highest * 1.08 : 1];
  const floor = 10 ** Math.floor(Math.log10(Math.max(LEAST_MS, lowest)));
  const top = Math.max(highest, floor * 10);
  return [floor, 10 ** (Math.log10(top) + 0.05 * Math.log10(top / floor))];
}

export const LEAST_MS = 0.001;
