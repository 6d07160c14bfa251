import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Continuation } from './fleet-plan.ts';
import { readEvidence } from './folder-evidence.ts';
import { readPlan } from './plan-file.ts';
import { isRecorded, refuseTampered } from './recorded-files.ts';
import { ResultsError } from './results-error.ts';
import { digestFiles, MANIFEST, syncFolder } from './results-folder.ts';
import { journalFiles } from './results-journal.ts';
import type { FoundOut } from './searches.ts';
import { telemetryFiles } from './telemetry-log.ts';
import { foundOut, whatIsLeft } from './what-is-left.ts';

/** Where a run that had ended early goes on. */
export interface TakenUp {
  readonly left: readonly Continuation[];
  readonly foundOut: FoundOut;
  /** Number of the last file of its journal so far. */
  readonly lastFile: number;
  /** The same of what was observed; 0: there is none. */
  readonly lastTelemetryFile: number;
}

/**
 * Takes up a run that had ended early, in a folder that is locked: what it holds is checked, and from then on it is no
 * complete folder. Throws a {@link ResultsError} where nothing is left to be run, or what was recorded has been changed.
 */
export async function takeUp(folder: string): Promise<TakenUp> {
  const { plan, digest } = await readPlan(folder);
  await refuseTampered(folder, plan, await digestFiles(folder, isRecorded));
  const evidence = await readEvidence(folder, plan, 'a run cannot go on from it');
  refuseOtherPlan(folder, digest, evidence.facts.planDigest);
  const left = whatIsLeft(plan, evidence);
  if (left.length === 0) {
    const expected = 'expected a run that had ended early: run the campaign again for another one';
    throw new ResultsError('path', `${folder}: found every trial of it run already, ${expected}`);
  }
  await unseal(folder);
  const last = (names: readonly string[]): number => Math.max(0, ...names.map((name) => Number.parseInt(name, 10)));
  return {
    left,
    foundOut: foundOut(plan, evidence),
    lastFile: last(await journalFiles(folder)),
    lastTelemetryFile: last(await telemetryFiles(folder)),
  };
}

/** Without its manifest a folder is that of a run that lasts, or was cut off. */
async function unseal(folder: string): Promise<void> {
  const path = join(folder, MANIFEST);
  try {
    await access(path);
  } catch {
    return;
  }
  await rm(path);
  await syncFolder(folder);
}

function refuseOtherPlan(folder: string, digest: string, planned: string | null): void {
  if (planned === null || planned === digest) return;
  const path = join(folder, 'plan.json');
  throw new ResultsError('path', `${path}: was changed since the run began; a run goes on only with its own plan`);
}
