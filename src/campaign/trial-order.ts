import { stream } from '../scenarios/rng.ts';
import type { Campaign } from './campaign.ts';
import type { Plan } from './plan.ts';

/** Trials in the order in which they run: all first ones and then all second ones, cell by cell, or shuffled. */
export function trialOrder(cells: number, trials: number, order: Campaign['order'], seed: string): Plan['order'] {
  const turns =
    order === 'sequential'
      ? range(cells).flatMap((cell) => range(trials).map((trial) => ({ cell, trial: trial + 1 })))
      : range(trials).flatMap((trial) => range(cells).map((cell) => ({ cell, trial: trial + 1 })));
  return order === 'random' ? shuffled(turns, seed) : turns;
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** Fisher and Yates' shuffle (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm P) on the stream `order`. */
function shuffled<T>(items: readonly T[], seed: string): T[] {
  const rng = stream(seed, 'order');
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(rng.next() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
