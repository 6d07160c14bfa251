import type { Rng } from './rng.ts';

/** Fisher and Yates' shuffle (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm P); the items stay as they are. */
export function shuffled<T>(items: readonly T[], rng: Rng): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(rng.next() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
