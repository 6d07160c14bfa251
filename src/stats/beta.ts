import { stirlingError } from './gamma.ts';

const CLOSE_ENOUGH = 1e-15;
const SMALLEST = 1e-300;
const MAX_TERMS = 1_000_000;

/**
 * The regularised incomplete beta function I_x(a, b) for a, b > 0: the probability that a Beta(a, b) variable is at
 * most x.
 *
 * Continued fraction by Lentz's method, on the side where it converges in O(sqrt(max(a, b))) terms. Source: DLMF
 * 8.17.22; the power in front by Loader's saddle-point form (2000), so counts of many millions keep their digits.
 */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  return x < (a + 1) / (a + b + 2) ? lowerTail(x, a, b) : 1 - lowerTail(1 - x, b, a);
}

/** The x with I_x(a, b) = q, for 0 <= q <= 1: Newton's method inside a shrinking bracket. */
export function betaQuantile(q: number, a: number, b: number): number {
  if (q <= 0) return 0;
  if (q >= 1) return 1;
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  for (let step = 0; step < 400; step++) {
    const excess = betaCdf(x, a, b) - q;
    if (excess === 0) return x;
    if (excess > 0) high = x;
    else low = x;
    const newton = x - excess / density(x, a, b);
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= CLOSE_ENOUGH * x) return next;
    x = next;
  }
  return x;
}

const density = (x: number, a: number, b: number): number => power(x, a, b) / (x * (1 - x));

const lowerTail = (x: number, a: number, b: number): number => (power(x, a, b) / a) * fraction(x, a, b);

/** x^a (1 - x)^b / B(a, b). */
function power(x: number, a: number, b: number): number {
  const n = a + b;
  const away = a * logRatio(x, a / n) + b * logRatio(1 - x, b / n);
  const correction = stirlingError(n) - stirlingError(a) - stirlingError(b);
  return Math.sqrt(((a / n) * b) / (2 * Math.PI)) * Math.exp(away + correction);
}

/** ln(x / at), exact where they are close. */
const logRatio = (x: number, at: number): number =>
  Math.abs(x - at) < 0.5 * at ? Math.log1p((x - at) / at) : Math.log(x / at);

function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    value *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    value *= c * d;
    if (Math.abs(c * d - 1) < CLOSE_ENOUGH) return value;
  }
  return value;
}

const awayFromZero = (value: number): number => (Math.abs(value) < SMALLEST ? SMALLEST : value);
