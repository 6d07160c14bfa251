/** Why there is no number. Never 0 for unknown. */
export const MISSING = [
  'not_supported',
  'no_permission',
  'gpu_lost',
  'needs_reset',
  'deprecated',
  'parse_error',
  'stale',
  'not_collected',
] as const;

export type MissingReason = (typeof MISSING)[number];

/** A number in the unit of its metric ({@link file://./metric.ts}), or why there is none. */
export type Reading =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'missing'; readonly reason: MissingReason };

/** Throws on what is no finite number: a parser that lets one through is wrong. */
export function numberReading(value: number): Reading {
  if (!Number.isFinite(value)) throw new RangeError(`found ${value}, expected a finite number`);
  return { kind: 'number', value };
}

export const missing = (reason: MissingReason): Reading => ({ kind: 'missing', reason });

/** The value in another unit, `factor` of it to one of the other; a missing one stays missing. */
export const scaled = (reading: Reading, factor: number): Reading =>
  reading.kind === 'number' ? numberReading(reading.value * factor) : reading;

export const numberOf = (reading: Reading | undefined): number | null =>
  reading?.kind === 'number' ? reading.value : null;
