import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Campaign } from '../campaign/campaign.ts';
import { modulesOf, type StagedModule, type StagedModules, unallowedCode } from '../campaign/custom-plan.ts';
import type { GatePolicy } from '../campaign/gate-policy.ts';
import { type Mistake, mistakeLine, mistakeWithLine } from '../campaign/mistake.ts';
import type { Overlay } from '../campaign/override.ts';
import { mistakeOf, parseCampaign, sourceTree } from '../campaign/parse.ts';
import type { ReferenceModels } from '../campaign/paths.ts';
import type { Plan } from '../campaign/plan.ts';
import { buildPlan } from '../campaign/plan-build.ts';
import { modelsOf, type NeededModel, type StagedModel } from '../campaign/plan-context.ts';
import { type Reading, read, refuse } from '../campaign/quantity.ts';
import { type StagedTrace, tracesOf } from '../campaign/trace-plan.ts';
import { sha256OfFile } from '../models/digest.ts';
import { ModelError } from '../models/model-error.ts';
import { isReferenceModel, referenceModelNames } from '../models/registry.ts';
import { stageReferenceModel } from '../models/stage.ts';
import type { TextHash } from '../scenarios/digest.ts';
import { drawSeed } from '../time/monotonic.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { notJudged } from '../verdict/not-judged.ts';
import { openBytes } from '../wire/byte-reader.ts';
import { type Laid, withSearch } from './added-search.ts';
import { cacheFolder } from './cache-folder.ts';
import { companionsOf } from './companions.ts';
import { Failure } from './failure.ts';
import { misfits, stagedModelFile, stagedSamples } from './staged-feeds.ts';
import { stagedScripts } from './staged-scripts.ts';
import { packageVersion } from './version.ts';

const USAGE = EXIT_CODES['before-start'].code;

/** What the command line may say about a campaign. */
export interface CampaignOptions {
  readonly set: readonly string[];
  readonly with: readonly string[];
  readonly seed?: string;
  readonly engine?: string;
  readonly allowOutside?: boolean;
  readonly allowRate?: boolean;
  readonly allowCode?: boolean;
  /** Searches the maximum rate of every target besides. */
  readonly peak?: boolean;
}

export interface PlannedCampaign {
  readonly plan: Plan;
  /** The campaign file's bytes, as given. */
  readonly text: Uint8Array;
  /** What the campaign says of gates; null: nothing. */
  readonly gate: GatePolicy | null;
}

/** A campaign that stands in no file: its text, what to call it in sentences, and the folder that its paths start from. */
export interface WrittenCampaign {
  readonly name: string;
  readonly folder: string;
  readonly text: string;
}

const modelsBeside = (folder: string): ReferenceModels => ({
  names: referenceModelNames,
  has: isReferenceModel,
  lies: (name) => existsSync(resolve(folder, name)),
});

/**
 * Reads a campaign file, stages the models that it names and decides everything that it leaves open.
 * `use: 'run'` also refuses what can be planned and not run. Throws {@link Failure} with one sentence per mistake.
 */
export async function planCampaignFile(
  file: string | WrittenCampaign,
  options: CampaignOptions,
  use: 'run' | 'plan',
): Promise<PlannedCampaign> {
  const { name: source, folder, bytes } = await opened(file);
  const overlays = await overlaysOf(options);
  const reach = options.allowOutside === true ? 'anywhere' : 'inside';
  const given = settingsOf(options);
  const laid: Laid = (over) => sourceTree(bytes.toString('utf8'), source, { overlays, settings: over }).data;
  const settings = options.peak === true ? withSearch(given, laid) : given;
  const guard = options.allowRate === true ? 'lifted' : 'holds';
  const models = modelsBeside(folder);
  const parsed = parseCampaign(bytes.toString('utf8'), source, {
    overlays,
    settings,
    environment: process.env,
    models,
    reach,
    guard,
  });
  const sources = new Map([
    [source, bytes.toString('utf8')],
    ...overlays.map(({ name, text }) => [name, text] as const),
  ]);
  if (!parsed.ok) throw refused(parsed.mistakes, sources);
  if (use === 'run') {
    const unallowed = options.allowCode === true ? [] : unallowedCode(parsed.campaign);
    const code = unallowed.map((finding) => mistakeOf(finding, parsed.campaign));
    if (code.length > 0) throw refused(code, sources);
  }
  const planned = buildPlan(parsed.campaign, {
    drawnSeed: drawSeed(),
    loadcell: packageVersion(),
    campaignDigest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    createHash: textHash,
    models,
    reach,
    staged: await staged(parsed.campaign, reach, folder),
    modules: await stagedModules(parsed.campaign, reach, folder),
    scripts: await stagedScripts(parsed.campaign, reach, folder, use),
    traces: await stagedTraces(parsed.campaign, reach, folder),
    samples: await stagedSamples(parsed.campaign, reach, folder),
    openFile: openBytes,
    guard,
  });
  if (!planned.ok) throw refused(planned.mistakes, sources);
  const unfit = (await misfits(planned.plan)).map((finding) => mistakeOf(finding, parsed.campaign));
  if (unfit.length > 0) throw refused(unfit, sources);
  if (use === 'run') refuseUnjudged(planned.plan);
  return { plan: planned.plan, text: bytes, gate: parsed.campaign.gate };
}

/** A campaign with what the command line lays over it, as plain data that nobody has checked; null: it is no YAML. Throws {@link Failure}. */
export async function laidCampaign(file: string, options: CampaignOptions): Promise<unknown> {
  const { name, bytes } = await opened(file);
  const over = { overlays: await overlaysOf(options), settings: settingsOf(options) };
  const { data, unreadable } = sourceTree(bytes.toString('utf8'), name, over);
  return unreadable ? null : data;
}

const overlaysOf = (options: CampaignOptions): Promise<readonly Overlay[]> =>
  Promise.all(options.with.map(async (name) => ({ name, text: String(await textOf(name)) })));

/** `--set` as given, and what options of their own set beside. */
function settingsOf({ set, seed, engine }: CampaignOptions): readonly string[] {
  const more = [
    ...(seed === undefined ? [] : [`seed=${seed}`]),
    ...(engine === undefined ? [] : [`fleet.engine=${engine}`]),
  ];
  return [...set, ...more];
}

function refuseUnjudged(plan: Plan): void {
  const unjudged = plan.cells.flatMap((cell) => notJudged(cell).map(({ message }) => message));
  if (unjudged.length > 0) throw new Failure(USAGE, unjudged);
}

async function opened(file: string | WrittenCampaign): Promise<{ name: string; folder: string; bytes: Buffer }> {
  if (typeof file !== 'string') return { name: file.name, folder: file.folder, bytes: Buffer.from(file.text) };
  return { name: basename(file), folder: dirname(resolve(file)), bytes: await textOf(file) };
}

async function textOf(file: string): Promise<Buffer> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    throw new Failure(
      USAGE,
      `${file}: cannot be read: ${whyNot(error)}; expected a campaign file, for example campaigns/smoke.yaml`,
    );
  }
}

const refused = (mistakes: readonly Mistake[], sources: ReadonlyMap<string, string>): Failure =>
  new Failure(
    USAGE,
    mistakes.map((mistake) => {
      const text = sources.get(mistake.source);
      return text === undefined ? mistakeLine(mistake) : mistakeWithLine(mistake, text);
    }),
  );

const textHash = (): TextHash => {
  const hash = createHash('sha256');
  return { update: (text) => void hash.update(text), hex: () => hash.digest('hex') };
};

async function staged(
  campaign: Campaign,
  reach: 'inside' | 'anywhere',
  folder: string,
): Promise<ReadonlyMap<string, Reading<StagedModel>>> {
  const needed = modelsOf(campaign, modelsBeside(folder), reach);
  return new Map(await Promise.all(needed.map(async (one) => [one.key, await stagedModel(one, folder)] as const)));
}

async function stagedTraces(
  campaign: Campaign,
  reach: 'inside' | 'anywhere',
  folder: string,
): Promise<ReadonlyMap<string, Reading<StagedTrace>>> {
  const names = tracesOf(campaign, reach);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await stagedTrace(resolve(folder, name))] as const)),
  );
}

async function stagedTrace(path: string): Promise<Reading<StagedTrace>> {
  try {
    return read({ path, sha256: await sha256OfFile(path), bytes: (await fs.stat(path)).size });
  } catch (error) {
    return refuse(`found ${path}, which cannot be read: ${whyNot(error)}; expected a trace, for example arrivals.csv`);
  }
}

async function stagedModules(campaign: Campaign, reach: 'inside' | 'anywhere', folder: string): Promise<StagedModules> {
  const names = modulesOf(campaign, reach);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await stagedModule(resolve(folder, name))] as const)),
  );
}

async function stagedModule(path: string): Promise<Reading<StagedModule>> {
  try {
    const module = { path, sha256: await sha256OfFile(path), bytes: (await fs.stat(path)).size };
    const beside = await companionsOf(path);
    return read(beside.length === 0 ? module : { ...module, beside });
  } catch (error) {
    return refuse(`found ${path}, which cannot be read: ${whyNot(error)}; expected a module, for example sut.ts`);
  }
}

function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : (code ?? message);
}

async function stagedModel({ model }: NeededModel, folder: string): Promise<Reading<StagedModel>> {
  try {
    if (model.kind === 'reference')
      return read(await stageReferenceModel(model.name, join(cacheFolder(process.env), 'models'), fs));
    return read(await stagedModelFile(resolve(folder, model.path)));
  } catch (error) {
    if (error instanceof ModelError) return refuse(error.message);
    throw error;
  }
}
