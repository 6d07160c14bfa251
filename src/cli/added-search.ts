import { isMap } from '../campaign/override.ts';
import { formatRate, parsePositiveRate } from '../campaign/quantity.ts';
import { REPETITIONS, SCENARIO } from './peak-campaign.ts';

/** What a campaign file says with these settings of the command line laid over it, as plain values. */
export type Laid = (settings: readonly string[]) => unknown;

/** Highest rate of the search that `--peak` adds, requests per second. */
const UNTIL = 10_240;

/**
 * The settings of the command line with the search that `--peak` asks for, as `--set` takes them: short levels, so that it
 * takes minutes. What was given comes after it, so that it can change it. A campaign that searches already keeps its own
 * search; a choice of cells that names none of a search gets it for every target that it names.
 */
export function withSearch(given: readonly string[], laid: Laid): readonly string[] {
  const campaign = laid([]);
  const own = searchesIn(campaign);
  const name = freeName(scenariosIn(campaign));
  const settings = own.length > 0 ? given : [...addedSearch(name, campaign), ...given];
  return [...settings, ...choiceWith(own.length > 0 ? own : [name], laid(settings))];
}

function addedSearch(name: string, campaign: unknown): readonly string[] {
  const guard = parsePositiveRate(entry(entry(campaign, 'guard'), 'rate'));
  const until = guard.ok && guard.value < UNTIL ? guard.value : UNTIL;
  const repeated = entry(campaign, 'retryInvalid');
  return [
    `scenarios.${name}={ peak: { from: 10/s, until: ${formatRate(until)}, every: 10s }, warmup: 2s }`,
    ...(typeof repeated === 'number' && repeated >= REPETITIONS ? [] : [`retryInvalid=${REPETITIONS}`]),
  ];
}

/** Scenarios that search already. */
const searchesIn = (campaign: unknown): readonly string[] =>
  Object.entries(scenariosIn(campaign)).flatMap(([name, scenario]) =>
    isMap(scenario) && Object.hasOwn(scenario, 'peak') ? [name] : [],
  );

/** Another scenario of that name is not replaced. */
function freeName(scenarios: Readonly<Record<string, unknown>>): string {
  let name = SCENARIO;
  for (let number = 2; Object.hasOwn(scenarios, name); number++) name = `${SCENARIO}-${number}`;
  return name;
}

/** A choice of cells that leaves out every search has it added for its targets; any other stays as it is. */
function choiceWith(searches: readonly string[], campaign: unknown): readonly string[] {
  const only = entry(entry(campaign, 'cells'), 'only');
  if (!Array.isArray(only) || !only.every((id) => typeof id === 'string')) return [];
  if (only.some((id) => searches.includes(id.slice(id.indexOf('/') + 1)))) return [];
  const targets = [...new Set(only.map((id) => id.slice(0, Math.max(0, id.indexOf('/')))))];
  const searchable = targets.filter((target) => isSearchable(entry(entry(campaign, 'targets'), target)));
  const added = searchable.flatMap((target) => searches.map((search) => `${target}/${search}`));
  return added.length === 0 ? [] : [`cells.only=${JSON.stringify([...only, ...added])}`];
}

/** A script with scenarios of its own takes none of the campaign's. */
const isSearchable = (target: unknown): boolean => isMap(target) && entry(target.k6, 'options') !== 'own';

function scenariosIn(campaign: unknown): Readonly<Record<string, unknown>> {
  const scenarios = entry(campaign, 'scenarios');
  return isMap(scenarios) ? scenarios : {};
}

const entry = (map: unknown, key: string): unknown =>
  isMap(map) && Object.hasOwn(map, key) ? (map as Readonly<Record<string, unknown>>)[key] : undefined;
