import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createResultsFolder, jsonText, writeWhole } from '../../src/coordinator/results-folder.ts';
import { JournalWriter } from '../../src/coordinator/results-journal.ts';
import { type JournalOptions, sampleCampaign, sampleJournal, samplePlan } from './run-journal.ts';

export const SAMPLE_RUN = '20261122T051800Z-sample-7f3a';

/** Options of a recorded sample run; `records`: only so many records of its journal, as after a death of the coordinator. */
export interface RecordedOptions extends JournalOptions {
  readonly records?: number;
  /** A file of the journal is followed by another at this size. */
  readonly rotateBytes?: number;
}

/** A folder below `root` as a run leaves it before anything is computed. Returns its path. */
export async function recordedFolder(root: string, options: RecordedOptions = {}, runId = SAMPLE_RUN): Promise<string> {
  const folder = await createResultsFolder(root, runId);
  await writeWhole(join(folder, 'campaign.yaml'), sampleCampaign);
  await writeWhole(join(folder, 'plan.json'), jsonText(samplePlan));
  const { rotateBytes = 1 << 28 } = options;
  const journal = new JournalWriter(folder, { gatherMs: 0, rotateBytes });
  // One after the other where files are to follow one another: what is appended together is written together.
  for (const record of sampleJournal({ runId, ...options }).slice(0, options.records)) {
    const durable = journal.append(record);
    if (options.rotateBytes !== undefined) await durable;
  }
  await journal.close();
  return folder;
}

/** Every file of a folder by path, byte for byte. */
export async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'latin1')]),
  );
  return Object.fromEntries(texts.sort());
}
