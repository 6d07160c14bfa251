import type { Campaign } from './campaign.ts';
import { WRITTEN_INSTANCE } from './expand.ts';
import type { FleetSpec } from './fleet-spec.ts';
import type { Instance } from './instance.ts';
import type { Finding } from './issue-sentence.ts';
import { nearest } from './nearest.ts';
import type { Cell, Plan } from './plan.ts';
import { listed, quoted } from './quantity.ts';

/** What the run asks of its engine; of the instances, those that a cell runs on. */
export function fleetSpec({ fleet, instances }: Campaign, cells: readonly Cell[]): FleetSpec {
  const all: Record<string, Instance> = { ...instances };
  if (fleet.instance.kind === 'written') all[WRITTEN_INSTANCE] = fleet.instance.instance;
  const used = [...new Set(cells.flatMap(({ instance }) => instance ?? []))];
  return {
    engine: fleet.engine,
    queueNs: fleet.queueNs,
    stayNs: fleet.walltimeNs,
    instances: Object.fromEntries(Object.entries(all).filter(([name]) => used.includes(name))),
    ...(fleet.slurm === null ? {} : { slurm: fleet.slurm }),
    ...(fleet.kubernetes === null ? {} : { kubernetes: fleet.kubernetes }),
  };
}

/** Whether a plan has to say anything of its fleet: the local engine and nothing asked of it is what is meant without. */
export const isPlainFleet = ({ engine, instances }: FleetSpec): boolean =>
  engine === 'local' && Object.keys(instances).length === 0;

/**
 * The order of trials with those of one instance type together, types in the order of their first trials: the places of
 * one type are given back before those of the next are asked for.
 */
export function byInstance(cells: readonly Cell[], order: Plan['order']): Plan['order'] {
  const typeOf = ({ cell }: { readonly cell: number }): string => cells[cell]?.instance ?? '';
  const types = [...new Set(order.map(typeOf))];
  return types.flatMap((type) => order.filter((ref) => typeOf(ref) === type));
}

/** An engine that cannot work without being told where. */
export function siteProblems({ fleet }: Campaign): Finding[] {
  if (fleet.engine !== 'kubernetes' || fleet.kubernetes !== null) return [];
  const example = 'kubernetes: { image: registry.example/loadcell-agent@sha256:… }';
  const message = `found the engine kubernetes and no image for its agents, expected ${example} beside it`;
  return [{ path: ['fleet', 'engine'], message }];
}

/** Names of instances that the campaign does not have, and instances that do not hang together. */
export function instanceProblems(campaign: Campaign): Finding[] {
  const { instance } = campaign.fleet;
  const named = instance.kind === 'named' ? unknownInstance(campaign, instance.name) : null;
  const written = instance.kind === 'written' ? pinProblems(['fleet', 'instance'], instance.instance) : [];
  const others = Object.entries(campaign.instances).flatMap(([name, one]) => pinProblems(['instances', name], one));
  return [...(named === null ? [] : [{ path: ['fleet', 'instance'], message: named }]), ...written, ...others];
}

const pinProblems = (path: readonly string[], { pin, cpus }: Instance): Finding[] =>
  pin === null || cpus !== null
    ? []
    : [{ path: [...path, 'pin'], message: 'found no cpus beside it, expected how many each agent is pinned to' }];

/** What is wrong with a name of an instance; null: it has one. */
export function unknownInstance({ instances }: Campaign, found: unknown): string | null {
  const names = Object.keys(instances);
  if (typeof found === 'string' && names.includes(found)) return null;
  if (names.length === 0)
    return `found ${quoted(found)}, but the campaign has no instances; expected instances: { ${typeof found === 'string' ? found : 'a100-40'}: { gpu: A100-SXM4-40GB } } beside it`;
  const near = typeof found === 'string' ? nearest(found, names) : null;
  return `found ${quoted(found)}, expected ${near === null ? listed(names) : `one of instances: did you mean ${near}?`}`;
}
