import { momentsOf } from './moments.ts';

/** Where the level of a series changed. */
export interface ChangePoint {
  /** Index of the first value of the new level. */
  readonly at: number;
  /** Mean of the values after it (up to the next change) less that of those before it: of logarithms, a log ratio. */
  readonly change: number;
  readonly pValue: number;
}

export interface ChangeRule {
  /** Chance that a series without any change is reported to have one. */
  readonly alpha: number;
  /** Smallest change that counts, in units of the values. */
  readonly floor: number;
  /** Uniform draws in [0, 1). */
  readonly random: { next(): number };
  /** Rearrangements drawn for every p-value, at least 1 / alpha. */
  readonly permutations?: number;
}

/** A level is at least so many values long: a single wild night is no change. */
const SHORTEST = 4;
const PERMUTATIONS = 999;

/**
 * Change points of a series by circular binary segmentation: the stretch whose mean rank differs most from that of the
 * rest, its p-value by rearranging blocks of neighbours, then the same in every part. A part is looked into only where the
 * stretch above it was found, so the chance of any false alarm in a series without change is `alpha`, once.
 *
 * Ranks leave a few wild values without weight; a stretch may lie inside, so that up and down again is seen; blocks keep
 * what neighbours have in common, so that slow noise is not taken for a change. Sources: Olshen et al., "Circular binary
 * segmentation", Biostatistics 5 (2004); Kirch, "Block permutation principles for the change analysis of dependent data",
 * Journal of Statistical Planning and Inference 137 (2007); for software performance, Daly et al., ICPE 2020.
 */
export function changePoints(values: readonly number[], rule: ChangeRule): readonly ChangePoint[] {
  const found = splits(values, 0, rule);
  return found.map(({ at, pValue }, index) => {
    const before = values.slice(found[index - 1]?.at ?? 0, at);
    const after = values.slice(at, found[index + 1]?.at ?? values.length);
    return { at, change: momentsOf(after).mean - momentsOf(before).mean, pValue };
  });
}

interface FoundSplit {
  readonly at: number;
  readonly pValue: number;
}

function splits(values: readonly number[], offset: number, rule: ChangeRule): readonly FoundSplit[] {
  const count = values.length;
  if (count < 2 * SHORTEST) return [];
  const ranks = midranks(values);
  const { from, to, weight } = bestStretch(ranks);
  const inside = momentsOf(values.slice(from, to)).mean;
  const outside = momentsOf([...values.slice(0, from), ...values.slice(to)]).mean;
  if (weight === 0 || Math.abs(inside - outside) < rule.floor) return [];
  const pValue = permutationPValue(ranks, weight, rule);
  if (pValue > rule.alpha) return [];
  const borders = [from, to].filter((at) => at > 0 && at < count);
  const within = (first: number, last: number) => splits(values.slice(first, last), offset + first, rule);
  return borders.flatMap((at, index) => [
    ...within(borders[index - 1] ?? 0, at),
    { at: offset + at, pValue },
    ...(index === borders.length - 1 ? within(at, count) : []),
  ]);
}

/**
 * Share of rearrangements that look at least as much like a change, the series itself counted among them. Ends as soon as it
 * must come out above alpha, which of a series without change is after a few of them: then 1.
 */
function permutationPValue(ranks: readonly number[], weight: number, rule: ChangeRule): number {
  const drawn = rule.permutations ?? PERMUTATIONS;
  const block = blockLength(ranks.length);
  let asMuch = 0;
  for (let round = 0; round < drawn; round++) {
    if (bestStretch(rearranged(ranks, block, rule.random)).weight >= weight * (1 - 1e-12)) asMuch++;
    if (asMuch + 1 > rule.alpha * (drawn + 1)) return 1;
  }
  return (asMuch + 1) / (drawn + 1);
}

/** The cube root of the length, and so short that there are a dozen blocks to rearrange. */
export const blockLength = (count: number): number => Math.max(1, Math.floor(Math.min(Math.cbrt(count), count / 12)));

interface Stretch {
  /** First value of the stretch, and first value after it. */
  readonly from: number;
  readonly to: number;
  /** |sum of its ranks - length mean| / sqrt(length (n - length) / n). */
  readonly weight: number;
}

/** The stretch that differs most from the rest; it, the rest and what is left on either side are long enough. */
function bestStretch(ranks: readonly number[]): Stretch {
  const sums = sumsAboveMean(ranks);
  let best: Stretch = { from: 0, to: 0, weight: 0 };
  for (let from = 0; from <= ranks.length - SHORTEST; from++) {
    if (from > 0 && from < SHORTEST) continue;
    const { to, square } = bestEnd(sums, from);
    if (square > best.weight ** 2) best = { from, to, weight: Math.sqrt(square) };
  }
  return best;
}

/** sums[k]: the first k ranks, less k times their mean. */
function sumsAboveMean(ranks: readonly number[]): Float64Array {
  const mean = (ranks.length + 1) / 2;
  const sums = new Float64Array(ranks.length + 1);
  for (const [index, rank] of ranks.entries()) sums[index + 1] = (sums[index] as number) + rank - mean;
  return sums;
}

/** Where the stretch that begins at `from` ends best, and the square of its weight. */
function bestEnd(sums: Float64Array, from: number): { readonly to: number; readonly square: number } {
  const count = sums.length - 1;
  let [bestTo, square] = [count, 0];
  for (let to = from + SHORTEST; to <= count; to++) {
    const length = to - from;
    const left = count - to;
    if ((left > 0 && left < SHORTEST) || length === count) continue;
    const found = (((sums[to] as number) - (sums[from] as number)) ** 2 * count) / (length * (count - length));
    if (found > square) [bestTo, square] = [to, found];
  }
  return { to: bestTo, square };
}

/** Blocks of neighbours in random order, begun at a random place of the ring, so that block borders vary. */
function rearranged(ranks: readonly number[], block: number, random: ChangeRule['random']): number[] {
  const count = ranks.length;
  const start = Math.floor(random.next() * count);
  const blocks: number[][] = [];
  for (let from = 0; from < count; from += block) {
    const length = Math.min(block, count - from);
    blocks.push(Array.from({ length }, (_, i) => ranks[(start + from + i) % count] as number));
  }
  for (let last = blocks.length - 1; last > 0; last--) {
    const other = Math.floor(random.next() * (last + 1));
    [blocks[last], blocks[other]] = [blocks[other] as number[], blocks[last] as number[]];
  }
  return blocks.flat();
}

/** Ranks from 1; equal values share the mean of theirs. */
export function midranks(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length).fill(0);
  for (let first = 0; first < order.length; ) {
    let next = first + 1;
    while (next < order.length && order[next]?.value === order[first]?.value) next++;
    for (const { index } of order.slice(first, next)) ranks[index] = (first + 1 + next) / 2;
    first = next;
  }
  return ranks;
}
