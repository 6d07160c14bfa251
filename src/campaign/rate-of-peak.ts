import type * as z from 'zod';
import type { PerSecond } from '../scenarios/phase.ts';
import { quantity } from './leaf.ts';
import { parsePositiveRate, parseRate, quoted, type Reading, read, refuse } from './quantity.ts';

/** A share of the maximum rate that a `peak` scenario finds for the same target. */
export interface ShareOfPeak {
  readonly ofPeak: number;
}

/** Requests per second over the whole fleet, known now or once the peak is. */
export type OfferedRate = PerSecond | ShareOfPeak;

const OF_PEAK = /^(\d+(?:\.\d+)?)% of peak$/u;
export const OFFERED_RATE_PATTERN = '^(\\d+(\\.\\d+)?/(s|m|h)|\\d+(\\.\\d+)?% of peak)$';

const reader =
  (readRate: (found: unknown) => Reading<number>) =>
  (found: unknown): Reading<OfferedRate> => {
    const [, percent] = typeof found === 'string' ? (OF_PEAK.exec(found) ?? []) : [];
    if (percent === undefined) return readRate(found);
    const ofPeak = Number(`${percent}e-2`);
    if (ofPeak > 0 && ofPeak <= 10) return read({ ofPeak });
    return refuse(
      `found ${quoted(found)}, expected a share of the peak above 0% and up to 1000%, for example 70% of peak`,
    );
  };

/** A rate above zero, or a share of the peak. */
export const offeredRate = (description: string, example: string): z.ZodType<OfferedRate> =>
  quantity(description, example, OFFERED_RATE_PATTERN, reader(parsePositiveRate));

/** As {@link offeredRate}; zero too. */
export const offeredRateOrNone = (description: string, example: string): z.ZodType<OfferedRate> =>
  quantity(description, example, OFFERED_RATE_PATTERN, reader(parseRate));

/** A scenario's options with every share of the peak replaced by its rate; four digits, as levels of the search have. */
export const withPeak = <T>(options: T, peak: PerSecond): T => replaced(options, peak) as T;

function replaced(value: unknown, peak: PerSecond): unknown {
  if (isShareOfPeak(value)) return Number((value.ofPeak * peak).toPrecision(4));
  if (Array.isArray(value)) return value.map((one) => replaced(one, peak));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaced(one, peak)]));
}

export const isShareOfPeak = (value: unknown): value is ShareOfPeak =>
  typeof value === 'object' && value !== null && 'ofPeak' in value && typeof value.ofPeak === 'number';
