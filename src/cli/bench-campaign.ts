import { stringify } from 'yaml';
import {
  formatDuration,
  formatRate,
  parseDuration,
  parsePositiveDuration,
  parsePositiveRate,
  quoted,
  type Reading,
  read,
  refuse,
} from '../campaign/quantity.ts';
import type { Ns } from '../time/ns.ts';
import { inSeconds, nameOf, wholeNumber } from './flag-values.ts';

/** What `loadcell bench` may be told, as texts of the command line. */
export interface BenchFlags {
  readonly duration: string;
  readonly rate?: string;
  readonly inFlight?: string;
  readonly batch?: string;
  readonly p95?: string;
  readonly workers?: string;
  readonly agents?: string;
  readonly warmup?: string;
  readonly environment?: string;
  readonly seed?: string;
}

/** The model as the campaign is to name it, and a short name for it. */
export interface BenchModel {
  readonly named: string;
  readonly stem: string;
}

/** A campaign's text, or one sentence for each flag that cannot be meant. */
export type BenchCampaign =
  | { readonly ok: true; readonly name: string; readonly text: string }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The default service objective: 100 QPS, P95 below 100 ms, errors below 5 %. */
const DEFAULT_RATE = 100;
const MOST_WORKERS = 1024;

const HEAD = ' Written by `loadcell bench`. `loadcell run` takes it as it is.\n';

/**
 * The one-cell campaign that the flags stand for. `cpus`: those this process may use; a closed loop gets as many
 * workers as requests in flight, at most one per CPU.
 */
export function benchCampaign(flags: BenchFlags, { named, stem }: BenchModel, cpus: number): BenchCampaign {
  const problems: string[] = [];
  const taken = <T>(option: string, reading: Reading<T>): T | undefined => {
    if (reading.ok) return reading.value;
    problems.push(`${option}: ${reading.problem}`);
    return undefined;
  };
  const given = <T>(option: string, text: string | undefined, parse: (text: string) => Reading<T>): T | undefined =>
    text === undefined ? undefined : taken(option, parse(text));

  const duration = given('--duration', flags.duration, (text) => parsePositiveDuration(inSeconds(text)));
  const rate = given('--rate', flags.rate, parsePositiveRate);
  const inFlight = given('--in-flight', flags.inFlight, wholeNumber(8));
  const batch = given('--batch', flags.batch, wholeNumber(4));
  const p95 = given('--p95', flags.p95, parsePositiveDuration);
  const workers = given('--workers', flags.workers, wholeNumber(2, MOST_WORKERS));
  const agents = given('--agents', flags.agents, wholeNumber(2));
  const warmup = given('--warmup', flags.warmup, (text) => parseDuration(inSeconds(text)));
  const seed = given('--seed', flags.seed, seedNumber);
  if (problems.length > 0) return { ok: false, problems };

  const length = formatDuration(duration as Ns);
  const scenario =
    inFlight === undefined
      ? { load: { load: { rate: formatRate(rate ?? DEFAULT_RATE), for: length } } }
      : { closed: { closed: { inFlight, for: length } } };
  const loopWorkers = inFlight === undefined ? undefined : Math.min(cpus, Math.ceil(inFlight / (agents ?? 1)));
  const target = nameOf(stem);
  const name = nameOf(`bench-${stem}`);
  const campaign = {
    name,
    ...(flags.environment === undefined ? {} : { environment: flags.environment }),
    targets: { [target]: { onnx: { model: named, ...(batch === undefined ? {} : { batch }) } } },
    scenarios: scenario,
    ...(p95 === undefined
      ? {}
      : { objectives: objectives(p95, inFlight === undefined ? (rate ?? DEFAULT_RATE) : null) }),
    fleet: { engine: 'local', agents: agents ?? 1, workers: workers ?? loopWorkers ?? 1 },
    ...(warmup === undefined ? {} : { warmup: formatDuration(warmup) }),
    ...(seed === undefined ? {} : { seed }),
  };
  return { ok: true, name, text: `#${HEAD}${stringify(campaign, { lineWidth: 0 })}` };
}

/** The default objectives with another limit for P95; a throughput that the offered rate cannot reach is left out. */
const objectives = (p95: Ns, offered: number | null): readonly string[] => [
  `response.p95 < ${formatDuration(p95)}`,
  ...(offered === null || offered >= DEFAULT_RATE ? [`throughput >= ${formatRate(DEFAULT_RATE)}`] : []),
  'errors < 5%',
];

const seedNumber = (text: string): Reading<bigint> =>
  /^\d{1,20}$/.test(text)
    ? read(BigInt(text))
    : refuse(`found ${quoted(text)}, expected a whole number, for example 7`);
