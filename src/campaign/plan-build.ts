import type { TextHash } from '../scenarios/digest.ts';
import { phasesOf } from '../scenarios/presets.ts';
import { judgedBy, type ScenarioSpec } from '../scenarios/scenario-spec.ts';
import { mostLevels } from '../stats/peak/search.ts';
import type { Ns } from '../time/ns.ts';
import type { Campaign, CampaignScenario } from './campaign.ts';
import { customSpec, modulesOf, type StagedModules } from './custom-plan.ts';
import { endingOf, withLook } from './early-stop.ts';
import { grpcSpec, httpSpec } from './endpoint-plan.ts';
import { expand, type MatrixCell, OWN_SCENARIO, valuesOf } from './expand.ts';
import { feasibilityNotes } from './feasibility.ts';
import type { PlannedFile } from './inputs-spec.ts';
import type { Finding } from './issue-sentence.ts';
import { k6Load, k6Notes, k6Spec, ownOf, ownPhases, type StagedScripts, scriptsOf } from './k6-plan.ts';
import type { Mistake, Path } from './mistake.ts';
import { notYetPlannable } from './not-yet.ts';
import { chooseObjectives, isOfResponse, NO_RESPONSE } from './objective-choice.ts';
import type { OpenLoad } from './open-load.ts';
import { mistakeOf } from './parse.ts';
import { type ModelName, modelName, type Reach, type ReferenceModels } from './paths.ts';
import { peakProblems, peaksFor } from './peak-cells.ts';
import { placesNotes, placesOfAgent } from './places.ts';
import type { Cell, Plan, TrialPlan } from './plan.ts';
import { type Reading, read, refuse } from './quantity.ts';
import { feedsOf, missingSamples, type SamplesContext, samplesOf } from './sample-files.ts';
import { aboveGuard, hangsOnPeak, highestRate, scenarioSpec, specOffer } from './scenario-geometry.ts';
import { scenarioNotes } from './scenario-notes.ts';
import { Schedules } from './schedules.ts';
import { serveSpec } from './serve-plan.ts';
import { levelSpec, ofPeakSpec } from './settled-load.ts';
import type { ModelSource, TargetSpec } from './target-spec.ts';
import { type TraceContext, TracePlans, tracesOf } from './trace-plan.ts';
import { trialOrder } from './trial-order.ts';

/** A model that lies ready: absolute path, `sha256` of its bytes in lowercase hexadecimal. */
export interface StagedModel {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Files beside it in which weights lie; absent: none. */
  readonly data?: readonly PlannedFile[];
}

/** A model that a campaign needs. */
export interface NeededModel {
  /** Of {@link modelKey}. */
  readonly key: string;
  readonly model: ModelName;
}

export interface PlanContext extends TraceContext, SamplesContext {
  /** Unsigned 64-bit integer, decimal: what stands in for a seed that the campaign does not give. */
  readonly drawnSeed: string;
  /** Version of the program. */
  readonly loadcell: string;
  /** `sha256:…` of the campaign file's bytes. */
  readonly campaignDigest: string;
  /** A fresh SHA-256. */
  readonly createHash: () => TextHash;
  readonly models: ReferenceModels;
  /** Whether scenarios may exceed `guard.rate`. */
  readonly guard: 'holds' | 'lifted';
  /** Staged models by {@link modelKey}; or the sentence that says why one is not: `found …, expected …`. */
  readonly staged: ReadonlyMap<string, Reading<StagedModel>>;
  readonly modules: StagedModules;
  /** k6 scripts; absent: none were staged. */
  readonly scripts?: StagedScripts;
}

export type Planned =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

export const modelKey = (model: ModelName): string =>
  model.kind === 'reference' ? `reference:${model.name}` : `file:${model.path}`;

/** The models of all cells, each once: what is to be staged before {@link buildPlan}. */
export function modelsOf(campaign: Campaign, models: ReferenceModels, reach: Reach): readonly NeededModel[] {
  const needed = new Map<string, NeededModel>();
  for (const { options } of expand(campaign)) {
    const hasModel = options.kind === 'onnx' || options.kind === 'serve';
    const model = hasModel ? modelName(options.options.model, models, reach) : null;
    if (model?.ok !== true) continue;
    const key = modelKey(model.value);
    needed.set(key, { key, model: model.value });
  }
  return [...needed.values()];
}

/** Decides everything that a campaign leaves open. Refused where a model is not there or a part cannot be planned. */
export function buildPlan(campaign: Campaign, context: PlanContext): Planned {
  const gaps = notYetPlannable(campaign);
  if (gaps.length > 0) return { ok: false, mistakes: gaps };
  const unfound = peakProblems(campaign).map((finding) => mistakeOf(finding, campaign));
  if (unfound.length > 0) return { ok: false, mistakes: distinct(unfound) };
  const seed = campaign.seed ?? context.drawnSeed;
  const tools = { schedules: new Schedules(seed, campaign.trials, context), traces: new TracePlans(context) };
  const cells: Cell[] = [];
  const missing = missingSamples(campaign, context);
  if (missing.length > 0) return { ok: false, mistakes: distinct(missing.map((one) => mistakeOf(one, campaign))) };
  const mistakes: Mistake[] = [];
  const notes = new Set<string>();
  for (const matrixCell of expand(campaign)) {
    const planned = cellOf(campaign, matrixCell, context, tools);
    if (planned.ok) {
      cells.push(planned.cell);
      for (const note of planned.notes) notes.add(note);
    } else mistakes.push(...planned.findings.map((finding) => mistakeOf(finding, campaign)));
  }
  if (mistakes.length > 0) return { ok: false, mistakes: distinct(mistakes) };
  return {
    ok: true,
    plan: planOf(campaign, context, seed, cells, [...notes, ...placesNotes(cells), ...feasibilityNotes(cells)]),
  };
}

const distinct = (mistakes: readonly Mistake[]): readonly Mistake[] => [
  ...new Map(mistakes.map((mistake) => [`${mistake.path} ${mistake.message}`, mistake])).values(),
];

function planOf(
  campaign: Campaign,
  context: PlanContext,
  seed: string,
  cells: readonly Cell[],
  notes: readonly string[],
): Plan {
  return {
    kind: 'loadcell/plan',
    schemaVersion: 1,
    loadcell: context.loadcell,
    campaign: {
      name: campaign.name,
      description: campaign.description,
      environment: campaign.environment,
      labels: campaign.labels,
      digest: context.campaignDigest,
    },
    overrides: campaign.overrides,
    seed,
    cells,
    order: trialOrder(cells, campaign.order, seed),
    retryInvalid: campaign.retryInvalid,
    onLoss: { waitNs: campaign.fleet.onLossWaitNs },
    ...(campaign.telemetry === null ? {} : { telemetry: campaign.telemetry }),
    files: filesOf(campaign, context),
    notes,
  };
}

function filesOf(campaign: Campaign, context: PlanContext): Plan['files'] {
  const { models, reach, staged, traces, modules, samples, scripts } = context;
  const readings = [
    ...scriptsOf(campaign, reach).map(({ key }) => scripts?.get(key)),
    ...tracesOf(campaign, reach).map((name) => traces.get(name)),
    ...modulesOf(campaign, reach).map((name) => modules.get(name)),
    ...samplesOf(campaign, reach).map(({ key }) => samples.get(key)),
  ];
  const ofModels = modelsOf(campaign, models, reach).flatMap(({ key }) => {
    const model = staged.get(key);
    return model?.ok === true ? [model.value, ...(model.value.data ?? [])] : [];
  });
  const others = readings.flatMap((reading) => (reading?.ok === true ? [reading.value] : []));
  const files = [...ofModels, ...others].map(({ path, sha256, bytes }) => ({ path, sha256, bytes }));
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

type PlannedCell =
  | { readonly ok: true; readonly cell: Cell; readonly notes: readonly string[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

const wrong = (path: Path, message: string): PlannedCell => ({ ok: false, findings: [{ path, message }] });

interface PlanTools {
  readonly schedules: Schedules;
  readonly traces: TracePlans;
}

function cellOf(
  campaign: Campaign,
  matrixCell: MatrixCell,
  context: PlanContext,
  { schedules, traces }: PlanTools,
): PlannedCell {
  const { id, target, scenario, agents, workers } = matrixCell;
  if (scenario === null) return ownCell(campaign, matrixCell, context);
  const warmupNs = scenario.warmupNs ?? campaign.warmupNs;
  const open = openLoad(campaign, matrixCell, scenario, warmupNs);
  const sent = sendable(campaign, matrixCell, scenario, open, traces);
  if (!sent.ok) return sent;
  const { load } = sent;
  const spec = targetSpec(matrixCell, context, load);
  if (!spec.ok) return wrong(['targets', target.name, ...sourceOf(matrixCell)], spec.problem);
  const offer = specOffer(load);
  const tooHigh = context.guard === 'holds' ? aboveGuard(highestRate(offer), campaign.guard?.rate) : null;
  if (tooHigh !== null) return wrong(['scenarios', scenario.name, scenario.preset.kind], tooHigh);
  const phases = phasesOf(load, { warmupNs, places: agents * placesOfAgent(spec.value, workers) });
  const { objectives, notes, refused } = chooseObjectives(campaign, matrixCell, open === null ? offer : null);
  if (refused.length > 0) return { ok: false, findings: refused };
  const cell: Cell = {
    id,
    target: target.name,
    spec: spec.value,
    scenario: scenario.name,
    values: valuesOf(matrixCell),
    engine: 'local',
    agents,
    workers,
    pacing: campaign.fleet.pacing,
    backlog: campaign.fleet.backlog,
    timeoutNs: campaign.timeoutNs,
    drainNs: campaign.drainNs,
    phases,
    ...(open === null ? {} : { open }),
    objectives,
    judge: scenario.judge,
    judgedBy: judgedBy(load),
    trials: open === null ? schedules.trialsOf(scenario, load, phases) : openTrials(campaign, open),
  };
  const ending = endingOf(campaign, scenario, cell, matrixCell.batch);
  if (ending.kind === 'refused') return wrong(['scenarios', scenario.name, 'stop'], ending.message);
  const planned = ending.kind === 'early' ? withLook(cell, schedules.beforeLook(scenario, phases, cell.trials)) : cell;
  const ends = ending.kind === 'whole' ? ending.notes : [];
  const uniform = k6Notes(scenario, target.name, spec.value);
  return {
    ok: true,
    cell: planned,
    notes: [...notes, ...(open === null ? scenarioNotes(scenario, matrixCell, load) : []), ...uniform, ...ends],
  };
}

/** The load of a cell, as whoever sends it can send it. */
function sendable(
  campaign: Campaign,
  matrixCell: MatrixCell,
  scenario: CampaignScenario,
  open: OpenLoad | null,
  traces: TracePlans,
): { readonly ok: true; readonly load: ScenarioSpec } | Extract<PlannedCell, { readonly ok: false }> {
  const refused = (path: Path, message: string) => ({ ok: false, findings: [{ path, message }] }) as const;
  const reading = open === null ? loadOf(scenario, matrixCell, traces) : read(mostOf(campaign, open, matrixCell));
  if (!reading.ok) return refused(['scenarios', scenario.name, 'trace', 'file'], reading.problem);
  if (matrixCell.options.kind !== 'k6') return { ok: true, load: reading.value };
  const load = k6Load(reading.value);
  if (!load.ok) return refused(['scenarios', scenario.name, scenario.preset.kind], load.problem);
  return { ok: true, load: load.value };
}

/** The cell of a k6 script that brings its own scenarios: one phase, as long as they take. */
function ownCell(campaign: Campaign, matrixCell: MatrixCell, context: PlanContext): PlannedCell {
  const { id, target, options, agents, workers } = matrixCell;
  const spec = targetSpec(matrixCell, context, null);
  if (!spec.ok) return wrong(['targets', target.name, ...sourceOf(matrixCell)], spec.problem);
  const own =
    options.kind === 'k6' && context.scripts !== undefined
      ? ownOf(options.options, context.reach, context.scripts)
      : null;
  if (own === null) throw new Error(`${id}: a script's own scenarios were not read`);
  const { objectives: chosen, notes } = chooseObjectives(campaign, matrixCell);
  const untold = own.executors === 'closed' ? chosen.filter(({ indicator }) => isOfResponse(indicator)) : [];
  const objectives = chosen.filter((objective) => !untold.includes(objective));
  const left = untold.map(({ text }) => `${id}: ${text} is left out: ${NO_RESPONSE}`);
  const cell: Cell = {
    id,
    target: target.name,
    spec: spec.value,
    scenario: OWN_SCENARIO,
    values: valuesOf(matrixCell),
    engine: 'local',
    agents,
    workers,
    pacing: campaign.fleet.pacing,
    backlog: campaign.fleet.backlog,
    timeoutNs: campaign.timeoutNs,
    drainNs: campaign.drainNs,
    phases: ownPhases(own),
    objectives,
    judge: true,
    judgedBy: 'together',
    trials: Array.from({ length: campaign.trials }, (_, i) => ({
      index: i + 1,
      scheduleDigest: null,
      scheduled: null,
    })),
  };
  return { ok: true, cell, notes: [...notes, ...left] };
}

/** Null: the load is known. */
function openLoad(
  campaign: Campaign,
  cell: MatrixCell,
  { preset, law: written }: CampaignScenario,
  warmupNs: Ns,
): OpenLoad | null {
  const law = cell.options.kind === 'k6' ? 'uniform' : written;
  if (preset.kind === 'peak') {
    const { from, until, every: everyNs } = preset.options;
    return { kind: 'search', from, until, everyNs, law, warmupNs };
  }
  if (!hangsOnPeak(preset)) return null;
  const [peak] = peaksFor(expand(campaign), cell);
  if (peak === undefined) throw new Error(`${cell.id}: a share of no peak was not refused`);
  return { kind: 'of-peak', peak, preset, law, warmupNs };
}

/** The load at the highest peak that may be found. */
function mostOf(campaign: Campaign, open: OpenLoad, { id, batch }: MatrixCell): ScenarioSpec {
  if (open.kind === 'search') return levelSpec(open, open.until);
  const preset = expand(campaign)[open.peak]?.scenario?.preset;
  const spec = preset?.kind === 'peak' ? ofPeakSpec(open, preset.options.until, batch) : null;
  if (spec === null) throw new Error(`${id}: a share of no peak was not refused`);
  return spec;
}

/** A search has as many trials as it may have levels. */
const openTrials = (campaign: Campaign, open: OpenLoad): readonly TrialPlan[] =>
  Array.from({ length: open.kind === 'search' ? mostLevels(open) : campaign.trials }, (_, i) => ({
    index: i + 1,
    scheduleDigest: null,
    scheduled: null,
  }));

/** Where a target says what it is made from. */
const sourceOf = ({ options: { kind } }: MatrixCell): Path => [
  kind,
  kind === 'custom' ? 'module' : kind === 'k6' ? 'script' : 'model',
];

function loadOf(scenario: CampaignScenario, { id, target, batch }: MatrixCell, traces: TracePlans) {
  if (scenario.preset.kind === 'trace') return traces.specFor(scenario.preset.options, target.name);
  const load = scenarioSpec(scenario, batch);
  if (load === null) throw new Error(`${id}: a cell without a schedule was not refused`);
  return read(load);
}

/** `load`: null where the target brings its own scenarios. */
function targetSpec({ options }: MatrixCell, context: PlanContext, load: ScenarioSpec | null): Reading<TargetSpec> {
  switch (options.kind) {
    case 'null':
      return read({ kind: 'null' });
    case 'sleep':
      return read({ kind: 'sleep', law: options.options });
    case 'onnx': {
      const { model: found, providers, require, threads, session, batch, bind } = options.options;
      const model = modelSource(found, context);
      if (!model.ok) return model;
      return read({
        kind: 'onnx',
        model: model.value,
        providers,
        require,
        threads,
        session,
        batch,
        bind,
        ...feedsOf(options.options, context),
      });
    }
    case 'serve': {
      const model = modelSource(options.options.model, context);
      return model.ok ? read(serveSpec(options.options, model.value, context)) : model;
    }
    case 'http':
      return read(httpSpec(options.options, context));
    case 'grpc':
      return read(grpcSpec(options.options, context));
    case 'custom':
      return customSpec(options.options, context.reach, context.modules);
    case 'k6':
      return k6Spec(options.options, context.reach, context.scripts ?? new Map(), load);
  }
}

function modelSource(found: string, { models, reach, staged }: PlanContext): Reading<ModelSource> {
  const model = modelName(found, models, reach);
  if (!model.ok) return model;
  const file = staged.get(modelKey(model.value));
  if (file === undefined) return refuse(`found ${found}, which was not staged`);
  if (!file.ok) return file;
  const { path, sha256, data } = file.value;
  return read(
    model.value.kind === 'reference'
      ? { kind: 'reference', name: model.value.name, path, sha256 }
      : { kind: 'file', path, sha256, ...(data === undefined ? {} : { data }) },
  );
}
