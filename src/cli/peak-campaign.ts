import { type Document, isMap, parseDocument, stringify, type YAMLMap } from 'yaml';
import {
  formatDuration,
  formatRate,
  parseDuration,
  parsePositiveDuration,
  parsePositiveRate,
  type Reading,
} from '../campaign/quantity.ts';
import type { BenchModel } from './bench-campaign.ts';
import { inSeconds, nameOf, wholeNumber } from './flag-values.ts';

/** What `loadcell peak` may be told of the search, as texts of the command line. */
export interface SearchFlags {
  readonly from?: string;
  readonly until?: string;
  readonly every?: string;
  readonly warmup?: string;
}

/** And of a model without a campaign file. */
export interface PeakFlags extends SearchFlags {
  readonly p95?: string;
  readonly batch?: string;
  readonly workers?: string;
  readonly agents?: string;
}

/** A campaign's text, or one sentence for each flag that cannot be meant. */
export type PeakCampaign =
  | { readonly ok: true; readonly name: string; readonly text: string }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Where neither the campaign nor a flag says otherwise. */
const DEFAULTS = { from: '10/s', until: '2000/s', every: '30s' } as const;
const DEFAULT_P95 = '100ms';
/** One invalid level would cost the whole search. */
export const REPETITIONS = 2;
export const SCENARIO = 'peak';
const MOST_WORKERS = 1024;

/** The campaign that searches the maximum rate of one model: P95 below a limit, errors below 5 %. */
export function modelPeakCampaign(flags: PeakFlags, { named, stem }: BenchModel): PeakCampaign {
  const problems: string[] = [];
  const search = searchOf(flags, {}, problems);
  const given = <T>(option: string, text: string | undefined, parse: (text: string) => Reading<T>): T | undefined =>
    taken(problems, option, text, parse);
  const p95 = given('--p95', flags.p95 ?? DEFAULT_P95, parsePositiveDuration);
  const batch = given('--batch', flags.batch, wholeNumber(4));
  const workers = given('--workers', flags.workers, wholeNumber(2, MOST_WORKERS));
  const agents = given('--agents', flags.agents, wholeNumber(2));
  if (problems.length > 0 || p95 === undefined) return { ok: false, problems };
  const name = nameOf(`peak-${stem}`);
  const campaign = {
    name,
    targets: { [nameOf(stem)]: { onnx: { model: named, ...(batch === undefined ? {} : { batch }) } } },
    scenarios: { [SCENARIO]: search },
    objectives: [`response.p95 < ${formatDuration(p95)}`, 'errors < 5%'],
    fleet: { engine: 'local', agents: agents ?? 1, workers: workers ?? 1 },
    retryInvalid: REPETITIONS,
  };
  return { ok: true, name, text: `# ${written('flags')}\n${stringify(campaign, { lineWidth: 0 })}` };
}

/**
 * A campaign with its scenarios replaced by a search: the one that it has, or a new one; flags go before both. What says of
 * other scenarios which run, how often and in which order is left out, and so are scripts that bring their own rates. Text that is no campaign comes back as it is, for
 * whoever reads it next to say what is wrong.
 */
export function filePeakCampaign(text: string, file: string, flags: SearchFlags): PeakCampaign {
  const document = parseDocument(text);
  const { contents } = document;
  if (document.errors.length > 0 || !isMap(contents)) return { ok: true, name: file, text };
  const problems: string[] = [];
  const bringing = bringTheirOwn(document);
  if (bringing.isAll)
    return {
      ok: false,
      problems: [
        `${file}: found ${bringing.targets.join(', ')}, whose script brings its own rates (options: own), expected a target whose rates the campaign gives`,
      ],
    };
  const own = ownSearch(document);
  if (own === 'several')
    return { ok: false, problems: [`${file}: found several peak scenarios, expected one: loadcell run searches each`] };
  const search = searchOf(flags, own?.options ?? guarded(document), problems);
  if (problems.length > 0) return { ok: false, problems };
  document.set('scenarios', document.createNode({ [own?.name ?? SCENARIO]: { ...own?.beside, ...search } }));
  for (const target of bringing.targets) document.deleteIn(['targets', target]);
  for (const key of ['cells', 'order', 'trials', 'stop', 'gate']) document.delete(key);
  if (!document.has('retryInvalid')) document.set('retryInvalid', REPETITIONS);
  document.commentBefore = ` ${written(file)}`;
  return { ok: true, name: file, text: document.toString({ lineWidth: 0 }) };
}

const written = (from: string): string =>
  `Written by \`loadcell peak\` from ${from}. \`loadcell run\` takes it as it is.`;

type Options = Readonly<Record<string, unknown>>;

interface OwnSearch {
  readonly name: string;
  readonly options: Options;
  /** Arrivals, objectives and the like. */
  readonly beside: Options;
}

function ownSearch(document: Document): OwnSearch | 'several' | null {
  const scenarios = document.get('scenarios');
  if (!isMap(scenarios)) return null;
  const found = Object.entries(scenarios.toJSON() as Options).flatMap(([name, scenario]) => {
    if (typeof scenario !== 'object' || scenario === null || !('peak' in scenario)) return [];
    const { peak, ...beside } = scenario as Options;
    return typeof peak === 'object' && peak !== null ? [{ name, options: peak as Options, beside }] : [];
  });
  const [first, ...others] = found;
  return others.length > 0 ? 'several' : (first ?? null);
}

/** Scripts of k6 whose own scenarios give their rates: there is none to search. */
function bringTheirOwn(document: Document): { readonly targets: readonly string[]; readonly isAll: boolean } {
  const targets = document.get('targets');
  if (!isMap(targets)) return { targets: [], isAll: false };
  const all = Object.entries(targets.toJSON() as Readonly<Record<string, { k6?: { options?: unknown } } | null>>);
  const own = all.filter(([, target]) => target?.k6?.options === 'own').map(([name]) => name);
  return { targets: own, isAll: own.length > 0 && own.length === all.length };
}

/** A ceiling on rates is where a search ends that nothing else ends. */
function guarded(document: Document): Options {
  const guard = document.get('guard');
  const rate = isMap(guard) ? (guard as YAMLMap).get('rate') : undefined;
  return typeof rate === 'string' ? { until: rate } : {};
}

function searchOf(flags: SearchFlags, own: Options, problems: string[]): Options {
  const rate = (option: string, text: string | undefined): string | undefined => {
    const value = taken(problems, option, text, parsePositiveRate);
    return value === undefined ? undefined : formatRate(value);
  };
  const every = taken(problems, '--every', flags.every, (text) => parsePositiveDuration(inSeconds(text)));
  const warmup = taken(problems, '--warmup', flags.warmup, (text) => parseDuration(inSeconds(text)));
  const peak = {
    from: rate('--from', flags.from) ?? own.from ?? DEFAULTS.from,
    until: rate('--until', flags.until) ?? own.until ?? DEFAULTS.until,
    every: (every === undefined ? undefined : formatDuration(every)) ?? own.every ?? DEFAULTS.every,
  };
  return { peak, ...(warmup === undefined ? {} : { warmup: formatDuration(warmup) }) };
}

function taken<T>(
  problems: string[],
  option: string,
  text: string | undefined,
  parse: (text: string) => Reading<T>,
): T | undefined {
  if (text === undefined) return undefined;
  const reading = parse(text);
  if (reading.ok) return reading.value;
  problems.push(`${option}: ${reading.problem}`);
  return undefined;
}
