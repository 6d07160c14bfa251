import type { Phase } from '../scenarios/phase.ts';
import type { ScenarioSpec } from '../scenarios/scenario-spec.ts';
import { milliseconds, type Ns, ns, seconds } from '../time/ns.ts';
import type { Campaign, CampaignScenario } from './campaign.ts';
import { expand } from './expand.ts';
import { campaignPath, type Reach } from './paths.ts';
import type { FileOfPlan } from './plan.ts';
import { type Reading, read, refuse } from './quantity.ts';
import { highestRate, specOffer } from './scenario-geometry.ts';
import type { TargetOptions } from './target-schema.ts';
import type { AbortingThreshold, K6Spec, OwnScenario, SecretReference, TargetSpec } from './target-spec.ts';

/** A script that lies ready. */
export interface StagedScript {
  readonly path: string;
  /** Lowercase hexadecimal, of this file. */
  readonly sha256: string;
  readonly bytes: number;
  /** Whether it may export teardown(). */
  readonly tearsDown: boolean;
  /** Files beside it that it names; absent: none. */
  readonly beside?: readonly FileOfPlan[];
  /** What k6 says of the script's own scenarios; null: nobody asked. */
  readonly own: OwnScenarios | null;
}

/** A script's own scenarios, as k6 consolidates them. */
export interface OwnScenarios {
  /** What gives the load, by name. */
  readonly scenarios: Readonly<Record<string, OwnScenario>>;
  readonly mostVus: number;
  /** Until the last scenario ends by its clock, graceful stops aside; null: one ends when its iterations are done. */
  readonly durationNs: Ns | null;
  /** What k6 gives the script's teardown(). */
  readonly teardownNs: Ns;
  /** `closed`: any of them waits for answers before it goes on. */
  readonly executors: K6Spec['executors'];
  /** Iterations per second that scenarios with a rate of their own ever start, all at their highest together; 0: there are none. */
  readonly highestRate: number;
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
  readonly aborts: readonly AbortingThreshold[];
  /** Of the script, that its scenarios run. */
  readonly functions: readonly string[];
}

/** Scripts by {@link scriptKey}; or the sentence that says why one is not there. */
export type StagedScripts = ReadonlyMap<string, Reading<StagedScript>>;

export interface NeededScript {
  readonly key: string;
  /** As the campaign says it, normalised. */
  readonly name: string;
  readonly options: K6Spec['options'];
  /** What k6 is given when it is asked about the script. */
  readonly env: K6Options['env'];
}

type K6Options = Extract<TargetOptions, { kind: 'k6' }>['options'];

const optionsOf = (options: K6Options): K6Spec['options'] => (options.options === 'own' ? 'own' : 'scenario');

const scriptKey = (name: string, options: K6Options): string =>
  `${optionsOf(options)} ${name} ${JSON.stringify(options.env)}`;

/** The scripts of all cells, each once: what is to be staged before planning. */
export function scriptsOf(campaign: Campaign, reach: Reach): readonly NeededScript[] {
  const needed = new Map<string, NeededScript>();
  for (const { options } of expand(campaign)) {
    if (options.kind !== 'k6') continue;
    const name = campaignPath(options.options.script, reach);
    if (!name.ok) continue;
    const key = scriptKey(name.value, options.options);
    needed.set(key, { key, name: name.value, options: optionsOf(options.options), env: options.options.env });
  }
  return [...needed.values()];
}

/** Variables by which k6 takes what a plan decides: of every script, and of one whose load the campaign gives. */
const DECIDED =
  /^K6_(CONFIG|PAUSED|LINGER|NO_\w*(SETUP|TEARDOWN|THRESHOLDS|SUMMARY)|OUT|ADDRESS|EXECUTION_SEGMENT\w*|SYSTEM_TAGS|LOG_\w+|AUTO_EXTENSION_RESOLUTION|CSV_\w+)$/u;
const LOAD = /^K6_(VUS|DURATION|ITERATIONS|STAGES)$/u;

const isDecided = (name: string, options: K6Spec['options']): boolean =>
  DECIDED.test(name) || (options === 'scenario' && LOAD.test(name));

/** Virtual users where a campaign says nothing: enough for answers within a second, within reason. */
const FEWEST_VUS = 10;
const MOST_VUS = 500;

/** `load`: null where the script brings its own. */
export function k6Spec(
  written: K6Options,
  reach: Reach,
  scripts: StagedScripts,
  load: ScenarioSpec | null,
): Reading<K6Spec> {
  const name = campaignPath(written.script, reach);
  if (!name.ok) return name;
  const staged = scripts.get(scriptKey(name.value, written)) ?? refuse(`found ${written.script}, which was not staged`);
  if (!staged.ok) return staged;
  const decided = Object.keys(written.env).find((each) => isDecided(each, optionsOf(written)));
  if (decided !== undefined)
    return refuse(`found ${decided} in env, by which k6 takes an option that the plan decides; expected it left out`);
  const { path, sha256, own, beside } = staged.value;
  const script = { name: name.value, path, sha256, ...(beside === undefined ? {} : { beside }) };
  const env = Object.fromEntries(Object.entries(written.env).map(([key, value]) => [key, writtenValue(value)]));
  if (load === null) {
    if (own === null) return refuse(`found ${written.script}, of which k6 was not asked`);
    const { mostVus: vus, executors, scenarios, thresholds, aborts, functions } = own;
    const aborting = aborts.length === 0 ? {} : { aborts };
    return read({
      kind: 'k6',
      script,
      vus,
      env,
      options: 'own',
      scenarios,
      functions,
      thresholds,
      ...aborting,
      ...partingOf(staged.value),
      executors,
    });
  }
  const isClosed = load.kind === 'closed' || load.kind === 'singleStream';
  const vus = isClosed ? inFlightOf(load) : (written.vus ?? vusFor(highestRate(specOffer(load)) ?? 0));
  return read({
    kind: 'k6',
    script,
    vus,
    env,
    options: 'scenario',
    thresholds: {},
    ...partingOf(staged.value),
    executors: isClosed ? 'closed' : 'open',
  });
}

/** Nothing where k6 ends with its load. */
const partingOf = ({ tearsDown, own }: StagedScript): { readonly partingNs?: Ns } =>
  tearsDown && own !== null ? { partingNs: own.teardownNs } : {};

const inFlightOf = (load: ScenarioSpec): number => (load.kind === 'closed' ? load.inFlight : 1);

const vusFor = (perSecond: number): number => Math.min(MOST_VUS, Math.max(FEWEST_VUS, Math.ceil(perSecond)));

const writtenValue = (value: K6Options['env'][string]): string | SecretReference => {
  if (typeof value === 'string') return value;
  const { kind, options } = value.secret;
  return { secret: kind === 'env' ? { kind, name: options } : { kind, path: options } };
};

/** The load as k6 can send it: open schedules uniform. Refused where it cannot send it at all. */
export function k6Load(load: ScenarioSpec): Reading<ScenarioSpec> {
  switch (load.kind) {
    case 'trace':
    case 'offline':
    case 'multiStream':
      return refuse(`found ${load.kind}, which k6 cannot send; expected an open schedule, closed or singleStream`);
    case 'closed':
      if (load.thinkNs > 0) return refuse('found a think time, which a k6 script says itself (sleep); expected none');
      return load.atLeast === null
        ? read(load)
        : refuse('found atLeast, which k6 has no executor for; expected a duration alone');
    case 'singleStream':
      return load.atLeast === null
        ? read(load)
        : refuse('found atLeast, which k6 has no executor for; expected a duration alone');
    default:
      return read({ ...load, law: 'uniform' });
  }
}

/** What is said once of schedules that k6 makes uniform. */
export const k6Notes = (
  { name, law }: Pick<CampaignScenario, 'name' | 'law'>,
  target: string,
  spec: TargetSpec,
): readonly string[] =>
  spec.kind !== 'k6' || spec.executors === 'closed' || law === 'uniform'
    ? []
    : [
        `scenario ${name}: target ${target} meets uniform arrivals, for k6 knows no other: bursts that ${law} arrivals would bring are not in its figures`,
      ];

/** Of a phase of which only k6 knows when it ends: it goes on for as many of these as that takes. */
const STEP = milliseconds(200);

/** The one phase of a script's own scenarios. */
export const ownPhases = ({ durationNs, mostVus }: OwnScenarios): readonly Phase[] => {
  const lengthNs = durationNs ?? STEP;
  const slots = durationNs === null ? 1 : 20 * Math.max(1, Math.ceil(lengthNs / seconds(20)));
  const load = { kind: 'closed', inFlight: mostVus, thinkNs: ns(0), atLeast: 1 } as const;
  return [{ name: 'own', purpose: 'measure', startNs: ns(0), durationNs: lengthNs, load, slots }];
};

export const ownOf = (written: K6Options, reach: Reach, scripts: StagedScripts): OwnScenarios | null => {
  const name = campaignPath(written.script, reach);
  const staged = name.ok ? scripts.get(scriptKey(name.value, written)) : undefined;
  return staged?.ok === true ? staged.value.own : null;
};
