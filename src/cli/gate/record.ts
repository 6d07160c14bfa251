import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GateEvent, GatePolicy } from '../../campaign/gate-policy.ts';
import { jsonText, writeWhole } from '../../coordinator/results-folder.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import type { GateStage } from '../../verdict/gate/gate-course.ts';
import type { WrittenCampaign } from '../campaign-file.ts';
import { Failure } from '../failure.ts';
import { packageVersion } from '../version.ts';

/** A campaign of a gate: a file, or text that stands in none. */
export type GateCampaign = { readonly file: string; readonly sha256: string } | { readonly written: WrittenCampaign };

/** `gate.json`: what a gate decided before its first pair, and the runs that it began. Enough to go on after an interruption. */
export interface GateRecord {
  readonly kind: 'loadcell/gate-record';
  readonly schemaVersion: 1;
  readonly loadcell: string;
  readonly baseline: GateCampaign;
  readonly candidate: GateCampaign;
  readonly policy: GatePolicy;
  readonly event: GateEvent;
  /** Of the first stage; each further one has the next. */
  readonly seed: string;
  readonly allow: { readonly allowOutside: boolean; readonly allowRate: boolean; readonly allowCode: boolean };
  readonly stages: readonly (GateStage<number> & { readonly runId: string })[];
}

const FILE = 'gate.json';

export const writeRecord = (folder: string, record: GateRecord): Promise<void> =>
  writeWhole(join(folder, FILE), jsonText(record));

/** Throws a {@link Failure} where the folder holds no gate of this version. */
export async function readRecord(folder: string): Promise<GateRecord> {
  const path = join(folder, FILE);
  const text = await readFile(path, 'utf8').catch(() => null);
  const wrong = (found: string): Failure => new Failure(EXIT_CODES['before-start'].code, `--resume: ${path}: ${found}`);
  if (text === null)
    throw wrong('not found, expected the folder of a gate, for example results/gates/20261122T051800Z-smoke-7f3a');
  const record = recordIn(text);
  if (record === null) throw wrong('found another kind of file, or a damaged one, expected the record of a gate');
  if (record.loadcell === packageVersion()) return record;
  throw wrong(
    `found a gate of loadcell ${record.loadcell}, this is ${packageVersion()}; expected the version that began it`,
  );
}

/** Null: another kind of file, or one that was cut off. */
function recordIn(text: string): GateRecord | null {
  try {
    const found = JSON.parse(text) as GateRecord | null;
    return found?.kind === 'loadcell/gate-record' && found.schemaVersion === 1 ? found : null;
  } catch {
    return null;
  }
}
