const HALF_LN_TWO_PI = 0.9189385332046728;
const SERIES_FROM = 15;

/**
 * ln of the gamma function for x > 0.
 *
 * Stirling's series with five terms from 15 upwards, the recurrence below. Relative error about 1e-15. Source:
 * Abramowitz and Stegun 6.1.41.
 */
export function lnGamma(x: number): number {
  let product = 1;
  let z = x;
  for (; z < SERIES_FROM; z++) product *= z;
  return stirling(z) + stirlingSeries(z) - Math.log(product);
}

/** What Stirling's formula leaves of ln gamma: lnGamma(x) - ((x - 1/2) ln x - x + ln(2 pi)/2), without cancellation. */
export function stirlingError(x: number): number {
  return x >= SERIES_FROM ? stirlingSeries(x) : lnGamma(x) - stirling(x);
}

const stirling = (x: number): number => (x - 0.5) * Math.log(x) - x + HALF_LN_TWO_PI;

function stirlingSeries(x: number): number {
  const s = 1 / (x * x);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / x;
}
