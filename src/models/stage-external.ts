import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlannedFile } from '../campaign/inputs-spec.ts';
import { type ExternalFile, locationProblem } from './external-data.ts';
import { knownDigest } from './known-digest.ts';
import { ModelError } from './model-error.ts';

/**
 * The files beside a model in which its weights lie, each read through once for its digest.
 *
 * @throws ModelError `missing`, `truncated` or `unreadable`, naming the model and the file.
 */
export async function stageExternalData(
  model: string,
  files: readonly ExternalFile[],
  cache: string,
): Promise<readonly PlannedFile[]> {
  const staged: PlannedFile[] = [];
  for (const file of files) {
    const problem = locationProblem(file.location);
    if (problem !== null) throw new ModelError('unreadable', `model ${model}: a tensor ${problem}`);
    const path = join(dirname(model), file.location);
    await refuseShort(model, path, file);
    staged.push({ path, ...(await knownDigest(path, cache)), cache });
  }
  return staged;
}

async function refuseShort(model: string, path: string, { location, bytes }: ExternalFile): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    (error: unknown) => {
      const sentence = `model ${model}: its weights lie in ${location}, which cannot be read (${codeOf(error)}); put it beside the model`;
      throw new ModelError('missing', sentence, { cause: error });
    },
  );
  if (size >= bytes) return;
  throw new ModelError(
    'truncated',
    `model ${model}: its weights lie in ${location}, which is cut short: ${size} bytes, expected at least ${bytes}`,
  );
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
