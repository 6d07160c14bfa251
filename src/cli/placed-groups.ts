import { ANY_INSTANCE } from '../campaign/instance.ts';
import type { Plan } from '../campaign/plan.ts';
import type { AgentGroup } from '../engines/engine.ts';
import type { NonEmpty } from '../scenarios/phase.ts';

/** What agents dial whose coordinator has no place yet. */
export const SOME_NODE = 'inside:0';

/** Agents that a plan needs at the same time, and what they run on. */
export interface PlacedGroup {
  /** Name of the instance; null: agents may run on anything. */
  readonly instance: string | null;
  readonly group: AgentGroup;
}

/** The groups that a run of a plan would place, one for each type of instance, and its servers. Nobody is placed by them. */
export function placedGroups(plan: Plan, coordinator: string): readonly PlacedGroup[] {
  const types = [...new Set(plan.cells.map((cell) => cell.instance ?? null))];
  const groups = types.map((instance) => groupOf(plan, instance, mostAgents(plan, instance), coordinator));
  const servers = plan.fleet?.servers;
  return servers === undefined ? groups : [...groups, groupOf(plan, servers.instance, servers.agents, coordinator)];
}

const mostAgents = ({ cells }: Plan, instance: string | null): number =>
  Math.max(...cells.filter((cell) => (cell.instance ?? null) === instance).map(({ agents }) => agents));

const groupOf = (plan: Plan, instance: string | null, agents: number, coordinator: string): PlacedGroup => ({
  instance,
  group: {
    runId: 'probe',
    indices: Array.from({ length: agents }, (_, index) => index) as unknown as NonEmpty<number>,
    coordinator,
    token: '',
    instance: (instance === null ? null : plan.fleet?.instances[instance]) ?? ANY_INSTANCE,
    stayNs: plan.fleet?.stayNs ?? null,
  },
});
