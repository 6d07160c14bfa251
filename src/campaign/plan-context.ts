import type { TextHash } from '../scenarios/digest.ts';
import type { Campaign } from './campaign.ts';
import type { StagedModules } from './custom-plan.ts';
import { expand } from './expand.ts';
import type { PlannedFile } from './inputs-spec.ts';
import type { StagedScripts } from './k6-plan.ts';
import { type ModelName, modelName, type Reach, type ReferenceModels } from './paths.ts';
import type { Reading } from './quantity.ts';
import type { SamplesContext } from './sample-files.ts';
import type { TraceContext } from './trace-plan.ts';

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
