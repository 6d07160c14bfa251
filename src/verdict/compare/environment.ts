/** What two runs' nodes say of themselves, and what lay between them and the endpoint, held against each other. */

import { networkName } from '../../campaign/cell-network.ts';
import type { Cell } from '../../campaign/plan.ts';

/** One fact that the nodes of two runs do not share. */
export interface EnvironmentDifference {
  /** Into the fingerprint: `cpu.model`. */
  readonly path: string;
  /** What the nodes say, each value once, in order. */
  readonly baseline: readonly unknown[];
  readonly candidate: readonly unknown[];
  /** Whether runs that differ in it are unlike: `decides`, or it is only told. */
  readonly weight: 'decides' | 'told';
}

type Fingerprint = Readonly<Record<string, unknown>>;

/** A digest of the others; what a kernel keeps back, or a tool may fail to tell in time. */
const TOLD: readonly string[] = ['cpu.physical', 'machine.virtual', 'machine.hypervisor'];
const LEFT_OUT: readonly string[] = ['key'];
const BYTES_PER_GIB = 2 ** 30;

/** Every fact in which two sets of fingerprints differ, in the order of the fingerprint. Memory is told apart by GiB. */
export function environmentDifferences(
  baseline: readonly Fingerprint[],
  candidate: readonly Fingerprint[],
): readonly EnvironmentDifference[] {
  const [a, b] = [factsOf(baseline), factsOf(candidate)];
  const paths = [...new Set([...a.keys(), ...b.keys()])].filter((path) => !LEFT_OUT.includes(path));
  return paths.flatMap((path) => {
    const [mine, theirs] = [a.get(path) ?? [], b.get(path) ?? []];
    if (JSON.stringify(mine) === JSON.stringify(theirs)) return [];
    return [{ path, baseline: mine, candidate: theirs, weight: TOLD.includes(path) ? 'told' : 'decides' } as const];
  });
}

/** Cells of one id that were measured through unlike networks, the node's own among them. */
export function networkDifferences(
  baseline: readonly Cell[],
  candidate: readonly Cell[],
): readonly EnvironmentDifference[] {
  return baseline.flatMap((cell) => {
    const other = candidate.find(({ id }) => id === cell.id);
    const [mine, theirs] = [cell, other ?? cell].map(networkName);
    if (mine === theirs) return [];
    return [{ path: `network.${cell.id}`, baseline: [mine], candidate: [theirs], weight: 'decides' } as const];
  });
}

/** The differences that decide and were not accepted. `accepted`: paths, or the part of the fingerprint they lie in. */
export const unaccepted = (
  differences: readonly EnvironmentDifference[],
  accepted: readonly string[],
): readonly EnvironmentDifference[] =>
  differences.filter(
    ({ path, weight }) =>
      weight === 'decides' && !accepted.some((prefix) => path === prefix || path.startsWith(`${prefix}.`)),
  );

/** By path, the distinct values over all nodes. */
function factsOf(fingerprints: readonly Fingerprint[]): ReadonlyMap<string, readonly unknown[]> {
  const facts = new Map<string, Set<unknown>>();
  for (const fingerprint of fingerprints) {
    for (const [path, value] of leaves(fingerprint, '')) facts.set(path, (facts.get(path) ?? new Set()).add(value));
  }
  return new Map([...facts].map(([path, values]) => [path, [...values].sort()]));
}

function leaves(value: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
  }
  if (/memoryBytes$/.test(path) && typeof value === 'number') return [[path, Math.round(value / BYTES_PER_GIB)]];
  return [[path, value]];
}
