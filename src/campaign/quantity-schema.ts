import type * as z from 'zod';
import type { Ns } from '../time/ns.ts';
import { quantity } from './leaf.ts';
import { parseBandwidth, parseDuration, parsePositiveDuration, parsePositiveRate, parseRate } from './quantity.ts';

export const DURATION_PATTERN = '^(\\d+(\\.\\d+)?(h|m|s|ms|us|µs|ns))+$';
export const RATE_PATTERN = '^\\d+(\\.\\d+)?/(s|m|h)$';

/** A duration above zero. */
export const duration = (description: string, example: string): z.ZodType<Ns> =>
  quantity(description, example, DURATION_PATTERN, parsePositiveDuration);

/** A duration that may be zero. */
export const durationOrNone = (description: string, example: string): z.ZodType<Ns> =>
  quantity(description, example, DURATION_PATTERN, parseDuration);

/** A rate above zero, per second. */
export const rate = (description: string, example: string): z.ZodType<number> =>
  quantity(description, example, RATE_PATTERN, parsePositiveRate);

/** A rate that may be zero. */
export const rateOrNone = (description: string, example: string): z.ZodType<number> =>
  quantity(description, example, RATE_PATTERN, parseRate);

/** Bits per second. */
export const bandwidth = (description: string, example: string): z.ZodType<number> =>
  quantity(description, example, '^\\d+(\\.\\d+)?(bit|kbit|Mbit|Gbit)$', parseBandwidth);
