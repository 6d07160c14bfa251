import { NS_PER_S } from '../time/ns.ts';

/** Not an instant of this form. */
export const NO_INSTANT = Number.NaN;

const ZERO = 48;
const POINT = 46;
/** More digits after the point than a double holds exactly are read another way. */
const MOST_DECIMALS = 15;
const POWERS = Float64Array.from({ length: MOST_DECIMALS + 1 }, (_, digits) => 10 ** digits);

/** The whole number in `bytes[start, end)`; NaN where there is none, or anything else than digits. Allocates nothing. */
export function wholeNumber(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return NO_INSTANT;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - ZERO;
    if (digit < 0 || digit > 9) return NO_INSTANT;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * The decimal number in `bytes[start, end)` times `unitNs`, in whole nanoseconds; NaN where there is anything else than
 * digits, then perhaps a point and at most 15 digits. Read digit by digit: `0.1` is 100,000,000 ns, and nothing is allocated.
 */
export function decimalNs(bytes: Uint8Array, start: number, end: number, unitNs: number): number {
  let point = start;
  while (point < end && bytes[point] !== POINT) point++;
  const whole = wholeNumber(bytes, start, point) * unitNs;
  if (point === end) return whole;
  const decimals = end - point - 1;
  if (decimals > MOST_DECIMALS) return NO_INSTANT;
  return whole + Math.round(wholeNumber(bytes, point + 1, end) * (unitNs / (POWERS[decimals] as number)));
}

const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9})\d*)?(Z|[+-]\d{2}:?\d{2})?$/u;

/** Instants written as ISO 8601 timestamps (RFC 3339's form; UTC where no zone is given), relative to the first one. */
export class Timestamps {
  #firstS = Number.NaN;
  #firstNs = 0;

  /** Nanoseconds since the first timestamp; NaN where the text is none. */
  since(text: string): number {
    const [, date, time, fraction = '', zone = 'Z'] = TIMESTAMP.exec(text) ?? [];
    if (date === undefined || time === undefined) return NO_INSTANT;
    const second = Date.parse(`${date}T${time}${zone}`) / 1000;
    if (Number.isNaN(second)) return NO_INSTANT;
    const within = Number(fraction.padEnd(9, '0'));
    if (Number.isNaN(this.#firstS)) {
      this.#firstS = second;
      this.#firstNs = within;
    }
    return (second - this.#firstS) * NS_PER_S + within - this.#firstNs;
  }
}
