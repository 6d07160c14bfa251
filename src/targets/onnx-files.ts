import type { PlannedFile } from '../campaign/inputs-spec.ts';
import type { OnnxSpec } from '../campaign/target-spec.ts';
import { type FileDigest, knownDigest } from '../models/known-digest.ts';
import { ModelError } from '../models/model-error.ts';
import { FeedError } from './feed-error.ts';
import { stageSamples } from './samples/staging.ts';

/**
 * What a model is fed, what it must answer and the weights beside it are those that were planned, byte for byte. A file
 * is read through only where this node has not read it since it last changed.
 *
 * @throws FeedError, ModelError `changed`, naming the file.
 */
export async function refuseChangedFiles({ model, inputs, expect }: OnnxSpec): Promise<void> {
  for (const file of (model.kind === 'file' ? model.data : undefined) ?? []) {
    const problem = await changed(file, knownDigest(file.path, file.cache));
    if (problem !== null)
      throw new ModelError('changed', `model ${model.path}: its weights lie in ${file.path}: ${problem}`);
  }
  if (inputs.kind !== 'random') await refuseChanged(['inputs', inputs.kind, 'file'], inputs.kind, inputs.file);
  if (expect !== undefined) {
    const { kind, file } = expect.source;
    await refuseChanged(['expect', kind, 'file'], kind, file);
  }
}

async function refuseChanged(
  key: readonly string[],
  kind: Parameters<typeof stageSamples>[0],
  file: PlannedFile,
): Promise<void> {
  const problem = await changed(file, stageSamples(kind, file.path, file.cache));
  if (problem !== null) throw new FeedError(key, `found ${file.path}: ${problem}`);
}

async function changed({ sha256 }: PlannedFile, digest: Promise<FileDigest>): Promise<string | null> {
  try {
    const found = await digest;
    if (found.sha256 === sha256) return null;
    return `its content has changed since the plan was made (SHA-256 ${found.sha256}, expected ${sha256}); plan again`;
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
