/** Who of a trial's agents offers load to whom of those that serve its target, and what both know of it. */
import type { TargetFacts } from '../targets/target.ts';
import type { TrialOrder } from './fleet-plan.ts';

/** What those that are ready found, by place. */
type Facts = ReadonlyMap<number, TargetFacts>;
type Served = Pick<TrialOrder, 'servers'>;

/** Those that offer load are dealt to those that serve. */
const serverOf = ({ servers }: Served, facts: Facts, index: number): TargetFacts | null =>
  servers.includes(index) ? null : (facts.get(servers[index % servers.length] ?? -1) ?? null);

/** Where the target of a place is served, `host:port`; null: it serves itself, or nobody does. */
export const servedFor = (trial: Served, facts: Facts, index: number): string | null =>
  serverOf(trial, facts, index)?.listening ?? null;

/** What an agent found of its target; of one that others serve, what they say of it too. */
export function factsOf(trial: Served, facts: Facts, index: number): TargetFacts {
  const own = facts.get(index);
  if (own === undefined) throw new Error(`place ${index}: began without being ready`);
  const server = serverOf(trial, facts, index);
  if (server === null) return own;
  const { listening: _, ...served } = server;
  return { ...own, ...served };
}
