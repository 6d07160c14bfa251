import type { Campaign, CampaignScenario, CampaignTarget, Combination, ObjectiveList } from './campaign.ts';
import { fleetOf } from './fleet-schema.ts';
import { gatePolicyOf } from './gate-schema.ts';
import { instanceOf } from './instance-schema.ts';
import type { Path } from './mistake.ts';
import { pathText } from './mistake.ts';
import type { Objective } from './objective.ts';
import { isMap } from './override.ts';
import type { CampaignRemainder } from './schema.ts';
import type { Place } from './source-tree.ts';
import { telemetryOf } from './telemetry-schema.ts';
import { combinationsOf } from './variation.ts';

interface Written {
  readonly parts: CampaignRemainder;
  readonly data: unknown;
  readonly places: ReadonlyMap<string, Place>;
  readonly overrides: readonly string[];
}

/** The campaign that the parts come to, defaults in place; parts that were mistaken are absent from it. */
export function assemble({ parts, data, places, overrides }: Written): Campaign {
  return {
    name: parts.name ?? '',
    description: parts.description ?? null,
    environment: parts.environment ?? null,
    guard: parts.guard ?? null,
    labels: parts.labels ?? {},
    targets: targetsOf(parts, data, places),
    scenarios: scenariosOf(parts, places),
    objectives: objectiveList(parts),
    cells:
      parts.cells === undefined ? { kind: 'all' } : { kind: parts.cells.chosen.kind, ids: parts.cells.chosen.options },
    vary: combinations(parts.vary),
    order: parts.order,
    fleet: fleetOf(parts.fleet),
    instances: Object.fromEntries(
      Object.entries(parts.instances ?? {}).map(([name, found]) => [name, instanceOf(found)]),
    ),
    trials: parts.trials,
    retryInvalid: parts.retryInvalid,
    stop: parts.stop,
    warmupNs: parts.warmup,
    drainNs: parts.drain,
    timeoutNs: parts.timeout,
    seed: parts.seed ?? null,
    gate: parts.gate === undefined ? null : gatePolicyOf(parts.gate),
    telemetry: parts.telemetry === undefined ? null : telemetryOf(parts.telemetry),
    overrides,
    places,
  };
}

function targetsOf(
  { targets = {} }: CampaignRemainder,
  data: unknown,
  places: ReadonlyMap<string, Place>,
): CampaignTarget[] {
  const sources = valueAt(data, ['targets']);
  return inFileOrder('targets', targets, places).map(([name, target]) => {
    const source = isMap(sources) ? sources[name] : undefined;
    return { name, target: target.chosen, objectives: objectiveList(target), source: isMap(source) ? source : {} };
  });
}

const scenariosOf = ({ scenarios = {} }: CampaignRemainder, places: ReadonlyMap<string, Place>): CampaignScenario[] =>
  inFileOrder('scenarios', scenarios, places).map(([name, scenario]) => ({
    name,
    preset: scenario.chosen,
    law: scenario.arrivals,
    warmupNs: scenario.warmup ?? null,
    objectives: objectiveList(scenario),
    judge: scenario.judge,
    stop: scenario.stop ?? null,
  }));

function objectiveList(map: {
  readonly objectives?: readonly Objective[] | undefined;
  readonly slaTargets?: readonly Objective[] | undefined;
}): ObjectiveList | null {
  if (map.objectives !== undefined) return { key: 'objectives', objectives: map.objectives };
  return map.slaTargets === undefined ? null : { key: 'slaTargets', objectives: map.slaTargets };
}

function combinations(vary: CampaignRemainder['vary']): readonly Combination[] {
  if (vary === undefined) return [];
  return Array.isArray(vary) ? vary.map((combination) => Object.entries(combination)) : (combinationsOf(vary) ?? []);
}

/** Entries in the order in which they were written: objects put names like `8` first. */
function inFileOrder<T>(
  key: string,
  map: Readonly<Record<string, T>>,
  places: ReadonlyMap<string, Place>,
): [string, T][] {
  const order = new Map([...places.keys()].map((path, index) => [path, index]));
  const rank = (name: string): number => order.get(pathText([key, name])) ?? order.size;
  return Object.entries(map).sort(([a], [b]) => rank(a) - rank(b));
}

/** The value at a path of plain data; undefined when there is none. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)];
    else value = isMap(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value;
}
