import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../campaign/plan.ts';
import { ResultsError } from './results-error.ts';

/** A results folder's plan, and `sha256:…` of its bytes. Throws a {@link ResultsError} where there is none of this version. */
export async function readPlan(folder: string): Promise<{ readonly plan: Plan; readonly digest: string }> {
  const path = join(folder, 'plan.json');
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new ResultsError('path', `${path}: not found, expected a results folder with plan.json and journal/`, error);
  });
  return { plan: parsePlan(path, bytes.toString('utf8')), digest: digestOf(bytes) };
}

/** `sha256:…` of a file's bytes, as it stands in plans and results. */
export const digestOf = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function parsePlan(path: string, text: string): Plan {
  try {
    const plan = JSON.parse(text) as Plan;
    if (plan.kind === 'loadcell/plan' && plan.schemaVersion === 1) return plan;
  } catch (error) {
    throw new ResultsError('path', `${path}: found text that is no JSON, expected a plan`, error);
  }
  throw new ResultsError('path', `${path}: found another kind of file, expected a plan of schema version 1`);
}
