import { measureArrivals, scheduleDigest, type TextHash } from '../scenarios/digest.ts';
import type { Phase } from '../scenarios/phase.ts';
import { phasesOf } from '../scenarios/presets.ts';
import { judgedBy, type ScenarioSpec } from '../scenarios/scenario-spec.ts';
import { fleetArrivals } from '../scenarios/schedule.ts';
import type { Campaign, CampaignScenario } from './campaign.ts';
import { expand, type MatrixCell, valuesOf } from './expand.ts';
import { feasibilityNotes } from './feasibility.ts';
import type { Mistake } from './mistake.ts';
import { notYetPlannable } from './not-yet.ts';
import { chooseObjectives } from './objective-choice.ts';
import { mistakeOf } from './parse.ts';
import { type ModelName, modelName, type Reach, type ReferenceModels } from './paths.ts';
import { placesNotes } from './places.ts';
import type { Cell, Plan, TrialPlan } from './plan.ts';
import { type Reading, read, refuse } from './quantity.ts';
import { scenarioSpec } from './scenario-geometry.ts';
import type { ModelSource, TargetSpec } from './target-spec.ts';
import { trialOrder } from './trial-order.ts';

/** A model that lies ready: absolute path, `sha256` of its bytes in lowercase hexadecimal. */
export interface StagedModel {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A model that a campaign needs. */
export interface NeededModel {
  /** Of {@link modelKey}. */
  readonly key: string;
  readonly model: ModelName;
}

export interface PlanContext {
  /** Unsigned 64-bit integer, decimal: what stands in for a seed that the campaign does not give. */
  readonly drawnSeed: string;
  /** Version of the program. */
  readonly loadcell: string;
  /** `sha256:…` of the campaign file's bytes. */
  readonly campaignDigest: string;
  /** A fresh SHA-256. */
  readonly createHash: () => TextHash;
  readonly models: ReferenceModels;
  readonly reach: Reach;
  /** Staged models by {@link modelKey}; or the sentence that says why one is not: `found …, expected …`. */
  readonly staged: ReadonlyMap<string, Reading<StagedModel>>;
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
    const model = options.kind === 'onnx' ? modelName(options.options.model, models, reach) : null;
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
  const seed = campaign.seed ?? context.drawnSeed;
  const schedules = new Schedules(seed, campaign.trials, context);
  const cells: Cell[] = [];
  const mistakes: Mistake[] = [];
  const notes = new Set<string>();
  for (const matrixCell of expand(campaign)) {
    const planned = cellOf(campaign, matrixCell, context, schedules);
    if (planned.ok) {
      cells.push(planned.value.cell);
      for (const note of planned.value.notes) notes.add(note);
    } else
      mistakes.push(
        mistakeOf({ path: ['targets', matrixCell.target.name, 'onnx', 'model'], message: planned.problem }, campaign),
      );
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
    order: trialOrder(cells.length, campaign.trials, campaign.order, seed),
    retryInvalid: campaign.retryInvalid,
    onLoss: { waitNs: campaign.fleet.onLossWaitNs },
    files: filesOf(campaign, context),
    notes,
  };
}

function filesOf(campaign: Campaign, { models, reach, staged }: PlanContext): Plan['files'] {
  return modelsOf(campaign, models, reach).flatMap(({ key }) => {
    const model = staged.get(key);
    return model?.ok === true ? [{ path: model.value.path, sha256: model.value.sha256, bytes: model.value.bytes }] : [];
  });
}

function cellOf(
  campaign: Campaign,
  matrixCell: MatrixCell,
  context: PlanContext,
  schedules: Schedules,
): Reading<{ readonly cell: Cell; readonly notes: readonly string[] }> {
  const { id, target, scenario, agents, workers } = matrixCell;
  const spec = targetSpec(matrixCell, context);
  if (!spec.ok) return spec;
  const load = scenario === null ? null : scenarioSpec(scenario, matrixCell.batch);
  if (scenario === null || load === null) throw new Error(`${id}: a cell without a schedule was not refused`);
  const phases = phasesOf(load, { warmupNs: scenario.warmupNs ?? campaign.warmupNs, places: agents * workers });
  const { objectives, notes } = chooseObjectives(campaign, matrixCell);
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
    objectives,
    judge: scenario.judge,
    judgedBy: judgedBy(load),
    trials: schedules.trialsOf(scenario, load, phases),
  };
  return read({ cell, notes: [...notes, ...unevenNote(scenario, load, matrixCell.batch)] });
}

function unevenNote({ name, preset }: CampaignScenario, load: ScenarioSpec, batch: number): string[] {
  if (preset.kind !== 'offline' || load.kind !== 'offline' || preset.options.samples % batch === 0) return [];
  return [
    `scenario ${name}: ${preset.options.samples} samples in batches of ${batch} are ${load.requests} full requests`,
  ];
}

function targetSpec({ options }: MatrixCell, context: PlanContext): Reading<TargetSpec> {
  switch (options.kind) {
    case 'null':
      return read({ kind: 'null' });
    case 'sleep':
      return read({ kind: 'sleep', law: options.options });
    case 'onnx': {
      const { model: found, inputs, providers, require, threads, session, batch, bind } = options.options;
      const model = modelSource(found, context);
      if (!model.ok) return model;
      const samples = inputs.kind === 'random' ? inputs.options.samples : 0;
      return read({
        kind: 'onnx',
        model: model.value,
        providers,
        require,
        threads,
        session,
        batch,
        bind,
        inputs: { kind: 'random', samples },
      });
    }
    default:
      throw new Error(`a target of kind ${options.kind} was not refused`);
  }
}

function modelSource(found: string, { models, reach, staged }: PlanContext): Reading<ModelSource> {
  const model = modelName(found, models, reach);
  if (!model.ok) return model;
  const file = staged.get(modelKey(model.value));
  if (file === undefined) return refuse(`found ${found}, which was not staged`);
  if (!file.ok) return file;
  const { path, sha256 } = file.value;
  return read(
    model.value.kind === 'reference'
      ? { kind: 'reference', name: model.value.name, path, sha256 }
      : { kind: 'file', path, sha256 },
  );
}

/** The trials of each scenario: their schedules are the same for every target, and computed once. */
class Schedules {
  readonly #seed: string;
  readonly #trials: number;
  readonly #context: PlanContext;
  readonly #known = new Map<string, readonly TrialPlan[]>();

  constructor(seed: string, trials: number, context: PlanContext) {
    this.#seed = seed;
    this.#trials = trials;
    this.#context = context;
  }

  trialsOf(scenario: CampaignScenario, load: ScenarioSpec, phases: readonly Phase[]): readonly TrialPlan[] {
    const key = load.kind === 'offline' ? `${scenario.name} ${load.requests}` : scenario.name;
    const trials =
      this.#known.get(key) ??
      Array.from({ length: this.#trials }, (_, index) => this.#trial(scenario.name, index + 1, phases));
    this.#known.set(key, trials);
    return trials;
  }

  #trial(scenario: string, trial: number, phases: readonly Phase[]): TrialPlan {
    const scheduled = measureArrivals(phases);
    if (scheduled === null) return { index: trial, scheduleDigest: null, scheduled };
    const measured = phases.filter(({ purpose }) => purpose === 'measure');
    const cursor = fleetArrivals(measured, { seed: this.#seed, scenario, trial });
    return {
      index: trial,
      scheduleDigest: `sha256:${scheduleDigest(cursor, measured, this.#context.createHash())}`,
      scheduled,
    };
  }
}
