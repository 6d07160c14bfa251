import type * as z from 'zod';
import { assemble, valueAt } from './assemble.ts';
import type { Campaign } from './campaign.ts';
import { type CheckOptions, checkCampaign } from './check.ts';
import { type Finding, findingsOf } from './issue-sentence.ts';
import { type Mistake, type Path, pathText } from './mistake.ts';
import { isMap, type Overlay, replaced, withOverlay, withSetting } from './override.ts';
import { quoted } from './quantity.ts';
import { campaignRemainder, campaignSchema } from './schema.ts';
import { placeOf, readSource, type SourceTree } from './source-tree.ts';

export interface ParseOptions extends CheckOptions {
  /** Files laid over the campaign, in order (`--with`). */
  readonly overlays: readonly Overlay[];
  /** `path=value`, in order, after the overlays (`--set`). */
  readonly settings: readonly string[];
  /** For `{ env: NAME }`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type Parsed =
  | { readonly ok: true; readonly campaign: Campaign }
  /** In the order in which they stand in the file. Never empty. */
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** Reads a campaign file. All mistakes are told at once; of a text that is not YAML only the first place. */
export function parseCampaign(text: string, fileName: string, options: ParseOptions): Parsed {
  const tree = sourceTree(text, fileName, options);
  if (tree.unreadable) return { ok: false, mistakes: tree.mistakes };
  const data = tree.data ?? {};
  const resolved = withVariables(data, findings(campaignSchema, data), options.environment);
  const wrong = [
    ...resolved.unset,
    ...findings(campaignSchema, resolved.data).filter(({ variable }) => variable === undefined),
  ];
  const remainder = campaignRemainder.safeParse(without(resolved.data, wrong));
  const campaign = assemble({
    parts: remainder.success ? remainder.data : campaignRemainder.parse({}),
    data: resolved.data,
    places: tree.places,
    overrides: [
      ...options.overlays.map(({ name }) => `--with ${name}`),
      ...options.settings.map((setting) => `--set ${setting}`),
    ],
  });
  const broken = wrong.map(({ path }) => path);
  const mistakes = [
    ...tree.mistakes,
    ...[...wrong, ...checkCampaign(campaign, resolved.data, broken, options)].map((finding) =>
      mistakeOf(finding, tree),
    ),
  ];
  return mistakes.length === 0 ? { ok: true, campaign } : { ok: false, mistakes: inOrder(mistakes) };
}

/** A campaign file with everything that is laid over it, before any of it is understood. */
export function sourceTree(
  text: string,
  fileName: string,
  { overlays, settings }: Pick<ParseOptions, 'overlays' | 'settings'>,
): SourceTree {
  const laid = overlays.reduce(withOverlay, readSource(text, fileName));
  return settings.reduce(withSetting, laid);
}

function findings(schema: z.ZodType, data: unknown): Finding[] {
  const parsed = schema.safeParse(data, { reportInput: true });
  return parsed.success ? [] : findingsOf(schema, parsed.error.issues);
}

/** The data with the values of the environment variables that it asks for, and those that are not set. */
function withVariables(
  data: unknown,
  asked: readonly Finding[],
  environment: ParseOptions['environment'],
): { readonly data: unknown; readonly unset: readonly Finding[] } {
  let resolved = data;
  const unset: Finding[] = [];
  for (const { path, variable } of asked) {
    if (variable === undefined) continue;
    const value = Object.hasOwn(environment, variable.name) ? environment[variable.name] : undefined;
    if (value === undefined) {
      unset.push({
        path,
        message: `found the environment variable ${quoted(variable.name)}, which is not set; expected it to hold the value`,
      });
    } else resolved = replaced(resolved, path, typed(value, variable.type));
  }
  return { data: resolved, unset };
}

/** A variable's text as the kind of value that its place takes. */
function typed(value: string, type: unknown): unknown {
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  const numeric = types.includes('number') || types.includes('integer');
  if (numeric && /^-?\d+(\.\d+)?$/u.test(value)) return Number(value);
  return types.includes('boolean') && (value === 'true' || value === 'false') ? value === 'true' : value;
}

/** The data without what is mistaken: the target, scenario or varied key concerned, else the top-level key. */
function without(data: unknown, wrong: readonly Finding[]): unknown {
  if (!isMap(data)) return {};
  let rest: Readonly<Record<string, unknown>> = data;
  for (const { path } of wrong) {
    const [key, name] = path;
    if (typeof key !== 'string') continue;
    const inner = valueAt(rest, [key]);
    const byName = NAMED.includes(key) && typeof name === 'string' && isMap(inner);
    if (byName) rest = { ...rest, [key]: omit(inner, name) };
    else if (key === 'vary' && Array.isArray(inner) && name !== undefined)
      rest = { ...rest, vary: inner.map((combination, row) => (row === Number(name) ? {} : combination)) };
    else rest = omit(rest, key);
  }
  return rest;
}

/** Maps whose entries stand each for itself; of a list of combinations an empty one keeps the place of a mistaken one. */
const NAMED: readonly string[] = ['targets', 'scenarios', 'vary'];

const omit = (map: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));

/** A finding at its place. */
export function mistakeOf(
  { path, message }: Pick<Finding, 'path' | 'message'>,
  { places }: { readonly places: SourceTree['places'] },
): Mistake {
  return { path: pathText(path as Path), ...placeOf(places, path), message };
}

/** By source, line and column; each said once. */
function inOrder(mistakes: readonly Mistake[]): Mistake[] {
  const sources = [...new Set(mistakes.map(({ source }) => source))];
  const said = new Map(mistakes.map((mistake) => [`${mistake.source}\n${mistake.path}\n${mistake.message}`, mistake]));
  return [...said.values()].sort(
    (a, b) => sources.indexOf(a.source) - sources.indexOf(b.source) || a.line - b.line || a.column - b.column,
  );
}
