import type { NodesByProvider } from './target.ts';

const CPU = 'cpu';
const MOST_NAMED = 3;

/** Whether a provider is in use, seen from the nodes that it ran. */
export type Placement =
  | { readonly kind: 'all' }
  /** Some run on the CPU although another provider was asked for. */
  | { readonly kind: 'shared'; readonly sentence: string }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Whether `provider` runs all nodes or some, or will not do: it runs none, or leaves some to the CPU although it is
 * `required`. Nodes of a third provider that is no CPU count as taken.
 */
export function placementOn(
  provider: string,
  nodes: NodesByProvider,
  wish: 'required' | 'preferred' = 'preferred',
): Placement {
  if ((nodes[provider]?.count ?? 0) === 0) return { kind: 'refused', reason: 'takes none of the model’s nodes' };
  const left = nodes[CPU];
  if (provider === CPU || left === undefined || left.count === 0) return { kind: 'all' };
  const sentence = leftOnCpu(nodes);
  return wish === 'preferred'
    ? { kind: 'shared', sentence }
    : { kind: 'refused', reason: `${sentence}; without require they run there, with a caution` };
}

/** `12 of 168 nodes on cpu (Shape 4, Gather 3, Cast 3, …)`. */
export function leftOnCpu(nodes: NodesByProvider): string {
  const left = nodes[CPU];
  const all = Object.values(nodes).reduce((sum, { count }) => sum + count, 0);
  const operators = Object.entries(left?.operators ?? {});
  const named = operators.slice(0, MOST_NAMED).map(([operator, count]) => `${operator} ${count}`);
  const more = operators.length > MOST_NAMED ? ', …' : '';
  return `${left?.count ?? 0} of ${all} nodes on cpu (${named.join(', ')}${more})`;
}
