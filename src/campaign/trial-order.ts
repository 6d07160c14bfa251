import { stream } from '../scenarios/rng.ts';
import { shuffled } from '../scenarios/shuffle.ts';
import type { Campaign } from './campaign.ts';
import type { OpenLoad } from './open-load.ts';
import type { Cell, Plan } from './plan.ts';

/** What decides when a cell's trials run. */
export type Ordered = Pick<Cell, 'open' | 'trials'>;

/**
 * Trials in the order in which they run: all first ones and then all second ones, cell by cell, or shuffled. Searches for
 * a peak come after these, one after the other with their levels as they come, and what hangs on a peak after them, in the
 * same order again.
 */
export function trialOrder(cells: readonly Ordered[], order: Campaign['order'], seed: string): Plan['order'] {
  const of = (kind: OpenLoad['kind'] | undefined): number[] =>
    cells.flatMap(({ open }, index) => (open?.kind === kind ? [index] : []));
  const rng = stream(seed, 'order');
  const turns = (chosen: readonly number[]): Plan['order'] => {
    const inTurn = order === 'sequential' ? chosen.flatMap((cell) => trialsOf(cells, cell)) : rounds(cells, chosen);
    return order === 'random' ? shuffled(inTurn, rng) : inTurn;
  };
  return [...turns(of(undefined)), ...of('search').flatMap((cell) => trialsOf(cells, cell)), ...turns(of('of-peak'))];
}

const trialsOf = (cells: readonly Ordered[], cell: number): Plan['order'] =>
  (cells[cell]?.trials ?? []).map(({ index }) => ({ cell, trial: index }));

function rounds(cells: readonly Ordered[], chosen: readonly number[]): Plan['order'] {
  const all = chosen.map((cell) => trialsOf(cells, cell));
  const most = Math.max(0, ...all.map(({ length }) => length));
  return Array.from({ length: most }, (_, round) => all.flatMap((trials) => trials[round] ?? [])).flat();
}
