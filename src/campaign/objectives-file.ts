import * as z from 'zod';
import { group, known, named } from './group.ts';
import { findingsOf } from './issue-sentence.ts';
import type { Mistake, Path } from './mistake.ts';
import type { Objective } from './objective.ts';
import { objectivesSchema } from './objective-schema.ts';
import { isMap } from './override.ts';
import { mistakeOf } from './parse.ts';
import { campaignSchema } from './schema.ts';
import { readSource } from './source-tree.ts';

/** Objectives to judge a run by afterwards, instead of its own. */
export interface OtherObjectives {
  /** A campaign may speak of more targets and scenarios than the run had; a file of objectives has a reason for each. */
  readonly from: 'campaign' | 'objectives';
  /** Of every cell that none below is nearer to; null: those keep the run's own. */
  readonly all: readonly Objective[] | null;
  readonly targets: ReadonlyMap<string, readonly Objective[]>;
  readonly scenarios: ReadonlyMap<string, readonly Objective[]>;
}

export type ParsedObjectives =
  | { readonly ok: true; readonly objectives: OtherObjectives }
  /** Never empty. */
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

const EXAMPLE = '[response.p95 < 50ms, errors < 1%]';

const ofOne = z.union([
  objectivesSchema,
  group('Objectives of one target or scenario.', `{ objectives: ${EXAMPLE} }`, {
    objectives: objectivesSchema.optional(),
    slaTargets: objectivesSchema.optional(),
  }),
]);

const schema = group('Objectives to judge a run by.', `{ objectives: ${EXAMPLE} }`, {
  objectives: objectivesSchema.optional(),
  slaTargets: objectivesSchema.optional(),
  targets: named('Of the cells of a target.', `{ classifier: ${EXAMPLE} }`, ofOne).optional(),
  scenarios: named('Of the cells of a scenario.', `{ load: ${EXAMPLE} }`, ofOne).optional(),
});

/**
 * Reads a YAML file of objectives: a list for every cell, or a map of `objectives`, `targets` and `scenarios`; a campaign
 * file is such a map, of which nothing else is read.
 */
export function parseObjectivesFile(text: string, fileName: string): ParsedObjectives {
  const tree = readSource(text, fileName);
  if (tree.unreadable || tree.mistakes.length > 0) return { ok: false, mistakes: tree.mistakes };
  const isList = Array.isArray(tree.data);
  const data = isList ? tree.data : objectivesIn(tree.data);
  const parsed = isList ? asList.safeParse(data, { reportInput: true }) : schema.safeParse(data, { reportInput: true });
  const place = (path: Path, message: string): Mistake => mistakeOf({ path, message }, tree);
  if (!parsed.success) {
    const findings = findingsOf(isList ? asList : schema, parsed.error.issues);
    return { ok: false, mistakes: findings.map(({ path, message }) => place(path, message)) };
  }
  const objectives = { from: isCampaign(tree.data) ? 'campaign' : 'objectives', ...ofParsed(parsed.data) } as const;
  const isEmpty = objectives.all === null && objectives.targets.size === 0 && objectives.scenarios.size === 0;
  return isEmpty
    ? { ok: false, mistakes: [place([], `found no objectives, expected a list of them, for example ${EXAMPLE}`)] }
    : { ok: true, objectives };
}

const asList = known(objectivesSchema, { noun: 'a list', example: EXAMPLE });

/** A campaign's map without what says nothing of objectives; its other keys are left for the schema to refuse. */
function objectivesIn(data: unknown): unknown {
  if (!isMap(data)) return data;
  const kept = Object.entries(data).filter(([key]) => !(key in campaignSchema.shape) || key in schema.shape);
  return Object.fromEntries(
    kept.map(([key, value]) => [key, isNamed(key) && isMap(value) ? mapped(value, ofEntry) : value]),
  );
}

const isCampaign = (data: unknown): boolean =>
  isMap(data) && Object.keys(data).some((key) => key in campaignSchema.shape && !(key in schema.shape));

const isNamed = (key: string): boolean => key === 'targets' || key === 'scenarios';

const mapped = (map: Readonly<Record<string, unknown>>, change: (value: unknown) => unknown): unknown =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));

/** Of a target or scenario, its objectives alone. */
function ofEntry(entry: unknown): unknown {
  if (!isMap(entry)) return entry;
  return Object.fromEntries(Object.entries(entry).filter(([key]) => key === 'objectives' || key === 'slaTargets'));
}

function ofParsed(parsed: z.output<typeof schema> | readonly Objective[]): Omit<OtherObjectives, 'from'> {
  if (isObjectives(parsed)) return { all: parsed, targets: new Map(), scenarios: new Map() };
  return {
    all: parsed.objectives ?? parsed.slaTargets ?? null,
    targets: ofNamed(parsed.targets ?? {}),
    scenarios: ofNamed(parsed.scenarios ?? {}),
  };
}

function ofNamed(entries: Readonly<Record<string, z.output<typeof ofOne>>>): OtherObjectives['targets'] {
  const found = new Map<string, readonly Objective[]>();
  for (const [name, entry] of Object.entries(entries)) {
    const objectives = isObjectives(entry) ? entry : (entry.objectives ?? entry.slaTargets);
    if (objectives !== undefined) found.set(name, objectives);
  }
  return found;
}

const isObjectives = (value: unknown): value is readonly Objective[] => Array.isArray(value);
