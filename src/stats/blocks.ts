import { Tally } from './tally.ts';

/** Blocks per measure phase: what the literature calls the batches of batch means. */
export const BLOCKS = 20;

/**
 * The 20 blocks of a phase from its 20·k slots by intended start, k neighbouring slots each. Null for a phase that is
 * not cut that way (one slot: at once, or warm-up), which has no bounds.
 */
export function blocksOf(slots: readonly Tally[]): readonly Tally[] | null {
  if (slots.length === 0 || slots.length % BLOCKS !== 0) return null;
  const perBlock = slots.length / BLOCKS;
  const blocks: Tally[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    blocks.push(sumOf(slots.slice(block * perBlock, (block + 1) * perBlock)));
  }
  return blocks;
}

/** One tally that holds all of them; without any, an empty one that counts `limits` limits. */
export function sumOf(tallies: readonly Tally[], limits = tallies[0]?.over.length ?? 0): Tally {
  const sum = new Tally(limits);
  for (const tally of tallies) sum.add(tally);
  return sum;
}
