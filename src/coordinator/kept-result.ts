import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Benchmarks } from '../verdict/result.ts';
import { readManifest } from './recorded-files.ts';
import { ResultsError } from './results-error.ts';

/** The result of a run as its folder keeps it. */
export interface KeptResult {
  readonly benchmarks: Benchmarks;
  /** `benchmarks.json`, byte for byte. */
  readonly text: string;
}

/**
 * Reads `benchmarks.json` of a complete results folder; null where the run did not end, or ended without it. Throws
 * {@link ResultsError} where the file is not the one that the manifest lists.
 */
export async function readKept(folder: string): Promise<KeptResult | null> {
  const manifest = await readManifest(folder);
  if (manifest === null) return null;
  const path = join(folder, 'benchmarks.json');
  const text = await readFile(path, 'utf8').catch(() => null);
  const remedy = 'loadcell judge computes it again from the evidence';
  if (text === null)
    throw new ResultsError('path', `${path}: not found, expected it in a complete results folder; ${remedy}`);
  if (manifest.get('benchmarks.json')?.sha256 !== createHash('sha256').update(text).digest('hex')) {
    throw new ResultsError(
      'path',
      `${path}: is not the file that manifest.json lists: it was changed after the run; ${remedy}`,
    );
  }
  return { benchmarks: JSON.parse(text) as Benchmarks, text };
}
