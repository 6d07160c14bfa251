import type { Rng } from './rng.ts';

/**
 * A draw from the exponential law of mean 1: -log(1 - u). Finite, never negative; at most 53 log 2 = 36.7.
 *
 * The logarithm is computed here, not by `Math.log`: the language leaves that one's last bit to the machine, and a
 * schedule must be the same on every node of a fleet. Sums and products of doubles are exact by IEEE 754 everywhere.
 */
export const exponential = (rng: Rng): number => minusLog(1 - rng.next());

/**
 * Fills the buffer with draws of {@link exponential}. Two short loops, since the compiler keeps neither of them in
 * registers when they are one: half the cost. Watched by `bench/schedule.ts`.
 */
export function fillExponential(rng: Rng, buffer: Float64Array): void {
  for (let i = 0; i < buffer.length; i++) buffer[i] = 1 - rng.next();
  for (let i = 0; i < buffer.length; i++) buffer[i] = minusLog(buffer[i] as number);
}

const TWO_53 = 2 ** 53;
const PER_2_32 = 2 ** -32;
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** sqrt(2), 20 bits after the point. */
const SQRT2_BITS = Math.floor(Math.SQRT2 * 2 ** 20);

/** 2^-e for e in 0..54. */
const HALVINGS = Float64Array.from({ length: 55 }, (_, e) => 2 ** -e);

/**
 * -log(v) for v a multiple of 2^-53 in (0, 1], off by less than one unit in the last place.
 *
 * v = 2^-k x with x in [sqrt(1/2), sqrt(2)); log x = 2 artanh(s), s = (x-1)/(x+1), by the minimax polynomial of
 * fdlibm's e_log.c (Sun Microsystems, 1993).
 */
export function minusLog(v: number): number {
  const mantissa = v * TWO_53;
  const high = (mantissa * PER_2_32) | 0;
  const shift = Math.clz32(high);
  const exponent = high < 1024 ? nearestPower(mantissa) : 63 - shift + ((SQRT2_BITS - (high << (shift - 11))) >>> 31);
  const k = 53 - exponent;
  const f = mantissa * (HALVINGS[exponent] as number) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const odd = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const half = 0.5 * f * f;
  return k * LN2_HIGH + (half - (s * (half + even + odd) - k * LN2_LOW) - f);
}

/** The e for which mantissa / 2^e is nearest to 1 by ratio; for the one draw in 2,000 whose first bits are too few. */
function nearestPower(mantissa: number): number {
  let exponent = 0;
  while (mantissa * (HALVINGS[exponent] as number) > Math.SQRT2) exponent++;
  return exponent;
}
