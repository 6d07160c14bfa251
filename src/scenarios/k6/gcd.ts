/** Greatest common divisor of two whole numbers above zero. */
export function gcd(a: number, b: number): number {
  let [large, small] = [a, b];
  while (small > 0) [large, small] = [small, large % small];
  return large;
}
