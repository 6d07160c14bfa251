import { type Ns, seconds } from '../time/ns.ts';
import { valueAt } from './assemble.ts';
import type { Campaign, CoordinatorChoice, InstanceChoice } from './campaign.ts';
import { usualStay } from './coordinator-stay.ts';
import { chosenKey, expand, WRITTEN_INSTANCE } from './expand.ts';
import type { CoordinatorSite, EngineName, FleetSpec } from './fleet-spec.ts';
import { ANY_INSTANCE, type Instance } from './instance.ts';
import type { Finding } from './issue-sentence.ts';
import { nearest } from './nearest.ts';
import type { Cell, Plan } from './plan.ts';
import { formatDuration, listed, quoted } from './quantity.ts';

/** The key of an instance that is written for servers and has no name. */
const WRITTEN_SERVERS = 'servers';

/** What the run asks of its engine; of the instances, those that a cell runs on. */
export function fleetSpec(
  { fleet, instances, retryInvalid }: Campaign,
  cells: readonly Cell[],
  order: Plan['order'],
): FleetSpec {
  const all: Record<string, Instance> = { ...instances };
  if (fleet.instance.kind === 'written') all[WRITTEN_INSTANCE] = fleet.instance.instance;
  const { servers } = fleet;
  if (servers?.instance.kind === 'written') all[WRITTEN_SERVERS] = servers.instance.instance;
  const ofServers = servers === null ? null : chosenKey(servers.instance, WRITTEN_SERVERS);
  const used = [
    ...new Set([...cells.flatMap(({ instance }) => instance ?? []), ...(ofServers === null ? [] : [ofServers])]),
  ];
  const given = Object.fromEntries(Object.entries(all).filter(([name]) => used.includes(name)));
  const stay = () => usualStay({ queueNs: fleet.queueNs, stayNs: fleet.walltimeNs, retryInvalid }, cells, order);
  const { coordinator } = fleet;
  return {
    engine: fleet.engine,
    queueNs: fleet.queueNs,
    stayNs: fleet.walltimeNs,
    instances: given,
    ...(coordinator === null ? {} : { coordinator: siteOf(coordinator, instances, Object.values(given), stay) }),
    ...(fleet.slurm === null ? {} : { slurm: fleet.slurm }),
    ...(fleet.kubernetes === null ? {} : { kubernetes: fleet.kubernetes }),
    ...(servers === null ? {} : { servers: { agents: servers.agents, instance: ofServers } }),
  };
}

function siteOf(
  { listen, advertise, inside }: CoordinatorChoice,
  instances: Campaign['instances'],
  ofAgents: readonly Instance[],
  usual: () => Ns,
): CoordinatorSite {
  if (inside === null) return { listen, advertise };
  const { instance: choice, walltimeNs } = inside;
  const named = choice.kind === 'named' ? instances[choice.name] : undefined;
  const instance = choice.kind === 'written' ? choice.instance : (named ?? besideAgents(ofAgents[0]));
  return { listen, advertise, inside: { instance, stayNs: walltimeNs ?? usual() } };
}

/** Where agents are looked for, without what they need there. */
function besideAgents(agents: Instance | undefined): Instance {
  if (agents === undefined) return ANY_INSTANCE;
  const { partition, account, qos } = agents;
  return { ...ANY_INSTANCE, partition, account, qos };
}

/** Whether a plan has to say anything of its fleet: the local engine and nothing asked of it is what is meant without. */
export const isPlainFleet = ({ engine, instances, servers, coordinator }: FleetSpec): boolean =>
  engine === 'local' && Object.keys(instances).length === 0 && servers === undefined && coordinator === undefined;

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
  const unplaced = coordinatorProblems(fleet);
  if (unplaced.length > 0) return unplaced;
  if (fleet.engine !== 'kubernetes' || fleet.kubernetes !== null) return [];
  const example = 'kubernetes: { image: registry.example/loadcell-agent@sha256:… }';
  const message = `found the engine kubernetes and no image for its agents, expected ${example} beside it`;
  return [{ path: ['fleet', 'engine'], message }];
}

/** Engines that have places for coordinators. */
const WITH_PLACES: readonly EngineName[] = ['slurm', 'kubernetes'];
/** Below that little is left for trials: a coordinator ends in good order some minutes before its stay is over. */
const LEAST_STAY_NS = seconds(600);

/** A coordinator inside of what has no inside, or for no time. */
function coordinatorProblems({ engine, coordinator, kubernetes }: Campaign['fleet']): Finding[] {
  const inside = coordinator?.inside ?? null;
  if (inside === null) return [];
  const path = ['fleet', 'coordinator'];
  if (!WITH_PLACES.includes(engine)) {
    const message = `found inside beside the engine ${engine}, expected here, or engine: ${listed(WITH_PLACES)}`;
    return [{ path: [...path, 'place'], message }];
  }
  if (engine === 'kubernetes' && kubernetes?.coordinator === null) {
    const example = 'coordinator: { image: registry.example/loadcell-coordinator@sha256:… }';
    const message = `found nothing, expected ${example}, which place: inside runs`;
    return [{ path: ['fleet', 'kubernetes', 'coordinator'], message }];
  }
  const { walltimeNs } = inside;
  if (walltimeNs === null || walltimeNs >= LEAST_STAY_NS) return [];
  const message = `found ${formatDuration(walltimeNs)}, expected ${formatDuration(LEAST_STAY_NS)} or more`;
  return [{ path: [...path, 'walltime'], message }];
}

/** Names of instances that the campaign does not have, and instances that do not hang together. */
export function instanceProblems(campaign: Campaign): Finding[] {
  const { instance, servers } = campaign.fleet;
  const own = servers === null ? ['fleet', 'instance'] : ['fleet', 'groups', 'load', 'instance'];
  const inside = campaign.fleet.coordinator?.inside ?? null;
  const others = Object.entries(campaign.instances).flatMap(([name, one]) => pinProblems(['instances', name], one));
  return [
    ...choiceProblems(campaign, own, instance),
    ...(servers === null ? [] : choiceProblems(campaign, ['fleet', 'groups', 'servers', 'instance'], servers.instance)),
    ...(inside === null ? [] : choiceProblems(campaign, ['fleet', 'coordinator', 'instance'], inside.instance)),
    ...others,
  ];
}

function choiceProblems(campaign: Campaign, path: readonly string[], choice: InstanceChoice): Finding[] {
  if (choice.kind === 'written') return pinProblems(path, choice.instance);
  const message = choice.kind === 'named' ? unknownInstance(campaign, choice.name) : null;
  return message === null ? [] : [{ path, message }];
}

/** Groups of places beside what they say anew, or without anything to serve. */
export function groupProblems(campaign: Campaign, data: unknown): Finding[] {
  if (campaign.fleet.servers === null) return [];
  const twice = ['agents', 'instance'].filter((key) => valueAt(data, ['fleet', key]) !== undefined);
  const isServed = expand(campaign).some(({ options }) => options.kind === 'serve');
  const idle = 'found groups, and no target of a cell that is served; expected a serve target, or fleet: { agents: 2 }';
  return [
    ...twice.map((key) => ({
      path: ['fleet', key],
      message: `found it beside groups, expected it in fleet.groups.load.${key}`,
    })),
    ...(isServed ? [] : [{ path: ['fleet', 'groups'], message: idle }]),
  ];
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
