import { join, resolve } from 'node:path';
import type { Campaign } from '../campaign/campaign.ts';
import type { PlannedFile } from '../campaign/inputs-spec.ts';
import type { Finding } from '../campaign/issue-sentence.ts';
import type { Plan } from '../campaign/plan.ts';
import type { StagedModel } from '../campaign/plan-context.ts';
import { type Reading, read, refuse } from '../campaign/quantity.ts';
import { type NeededSamples, samplesOf } from '../campaign/sample-files.ts';
import type { OnnxSpec } from '../campaign/target-spec.ts';
import { sha256OfFile } from '../models/digest.ts';
import { ModelError } from '../models/model-error.ts';
import { boundReferences } from '../models/registry.ts';
import { cacheFolder } from './cache-folder.ts';

const cache = (): string => join(cacheFolder(process.env), 'files');

/** A model file of one's own, and the files beside it in which its weights lie. @throws ModelError */
export async function stagedModelFile(path: string): Promise<StagedModel> {
  // Slow to load, and needed for models of one's own alone.
  const { inspectModel } = await import('../models/inspect.ts');
  const { bytes, externalData } = inspectModel(path);
  const model = { path, sha256: await sha256OfFile(path), bytes };
  if (externalData.length === 0) return model;
  const { stageExternalData } = await import('../models/stage-external.ts');
  return { ...model, data: await stageExternalData(path, externalData, cache()) };
}

/** The sample files of a campaign, read through once each; where one has not changed since, not even that. */
export async function stagedSamples(
  campaign: Campaign,
  reach: 'inside' | 'anywhere',
  folder: string,
): Promise<ReadonlyMap<string, Reading<PlannedFile>>> {
  const staged = new Map<string, Reading<PlannedFile>>();
  for (const needed of samplesOf(campaign, reach)) staged.set(needed.key, await stagedSampleFile(needed, folder));
  return staged;
}

async function stagedSampleFile({ kind, path: named }: NeededSamples, folder: string): Promise<Reading<PlannedFile>> {
  const path = resolve(folder, named);
  const { stageSamples } = await import('../targets/samples/staging.ts');
  try {
    return read({ path, ...(await stageSamples(kind, path, cache())), cache: cache() });
  } catch (error) {
    return refuse(`found ${path}, which cannot be read: ${whyNot(error)}; expected a .${kind} file`);
  }
}

function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : null;
  return code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : error.message;
}

/** Where what a model is fed, or must answer, does not fit it; of each target the first. */
export async function misfits({ cells }: Plan): Promise<readonly Finding[]> {
  const findings = new Map<string, Finding>();
  const seen = new Set<string>();
  for (const { target, spec } of cells) {
    if (spec.kind !== 'onnx' || findings.has(target) || !isWorthALook(spec)) continue;
    const key = JSON.stringify([spec.model, spec.inputs, spec.expect, spec.batch, spec.bind]);
    const finding = seen.has(key) ? null : await misfit(target, spec);
    seen.add(key);
    if (finding !== null) findings.set(target, finding);
  }
  return [...findings.values()];
}

/** A reference model with usual inputs fits by itself, and the reader of models is slow to load. */
const isWorthALook = ({ model, inputs, expect, bind }: OnnxSpec): boolean =>
  model.kind === 'file' ||
  boundReferences.has(model.name) ||
  expect !== undefined ||
  inputs.kind !== 'random' ||
  inputs.law !== undefined ||
  inputs.tensors !== undefined ||
  Object.keys(bind).length > 0;

async function misfit(target: string, spec: OnnxSpec): Promise<Finding | null> {
  const { checkFeeds } = await import('../targets/onnx-check.ts');
  const { FeedError } = await import('../targets/feed-error.ts');
  try {
    await checkFeeds(spec);
    return null;
  } catch (error) {
    if (error instanceof FeedError) {
      return { path: ['targets', target, spec.kind, ...error.key], message: error.sentence };
    }
    if (error instanceof ModelError) return { path: ['targets', target, spec.kind], message: `found ${error.message}` };
    throw error;
  }
}
