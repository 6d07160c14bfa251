import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../campaign/plan.ts';
import { countText } from '../report/figures.ts';
import { ResultsError } from './results-error.ts';
import { type FileDigest, MANIFEST } from './results-folder.ts';

/** What a run recorded, as opposed to what is computed from it. */
export const isRecorded = (path: string): boolean =>
  path === 'campaign.yaml' || path === 'plan.json' || /^(journal|telemetry)\//.test(path);

/** What a results folder says of its own files, and which file says so. */
interface Listing {
  readonly by: typeof MANIFEST | 'benchmarks.json';
  readonly files: ReadonlyMap<string, FileDigest>;
}

/**
 * Holds what lies in a folder as recorded against what the folder itself says of it: `manifest.json`, in a folder without
 * one `benchmarks.json`, and the digest of the campaign in the plan. Throws a {@link ResultsError} with one sentence for
 * every file that was changed, removed or added since.
 *
 * A run that goes on after `benchmarks.json` was computed makes its journal longer: without a manifest that is no change.
 */
export async function refuseTampered(folder: string, plan: Plan, found: readonly FileDigest[]): Promise<void> {
  const listing = await listingOf(folder);
  const sentences = [
    ...(listing === null ? [] : againstListing(listing, found)),
    ...againstPlan(plan, found),
    ...gapsIn(found),
  ];
  const said = new Map(sentences.map((sentence) => [sentence.path, sentence.text]));
  if (said.size === 0) return;
  throw new ResultsError('path', [...said].map(([path, text]) => `${join(folder, path)}: ${text}`).join('\n'));
}

interface Sentence {
  readonly path: string;
  readonly text: string;
}

function againstListing({ by, files }: Listing, found: readonly FileDigest[]): Sentence[] {
  const here = new Map(found.map((file) => [file.path, file]));
  const changed = [...files.values()]
    .filter(({ path }) => isRecorded(path))
    .flatMap((listed) => {
      const file = here.get(listed.path);
      if (file === undefined) {
        return [
          {
            path: listed.path,
            text: `not found, ${by} lists it with ${countText(listed.bytes)} bytes: it was removed after the run`,
          },
        ];
      }
      const grown = by !== MANIFEST && file.bytes > listed.bytes && /^(journal|telemetry)\//.test(file.path);
      return file.sha256 === listed.sha256 || grown ? [] : [{ path: file.path, text: changedText(file, listed, by) }];
    });
  const added = by === MANIFEST ? found.filter(({ path }) => !files.has(path)) : [];
  return [
    ...changed,
    ...added.map(({ path }) => ({ path, text: `${by} does not list it: it was added after the run` })),
  ];
}

const changedText = (file: FileDigest, listed: FileDigest, by: string): string =>
  `found ${countText(file.bytes)} bytes with SHA-256 ${short(file.sha256)}, ${by} lists ${countText(listed.bytes)} with ${short(listed.sha256)}: it was changed after the run`;

const short = (sha256: string): string => `${sha256.slice(0, 12)}…`;

/** The plan was made of this very campaign file. */
function againstPlan({ campaign }: Plan, found: readonly FileDigest[]): Sentence[] {
  const file = found.find(({ path }) => path === 'campaign.yaml');
  if (file === undefined || campaign.digest === `sha256:${file.sha256}`) return [];
  const text = `found SHA-256 ${short(file.sha256)}, plan.json was made of a campaign with ${short(campaign.digest.slice('sha256:'.length))}: one of them was changed after the run`;
  return [{ path: file.path, text }];
}

/** Files of the journal are numbered from 1 without a gap. */
function gapsIn(found: readonly FileDigest[]): Sentence[] {
  const numbers = found.flatMap(({ path }) => {
    const [, number] = /^journal\/(\d{6})\.log$/.exec(path) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
  const last = Math.max(0, ...numbers);
  return Array.from({ length: last }, (_, index) => index + 1)
    .filter((number) => !numbers.includes(number))
    .map((number) => ({
      path: `journal/${String(number).padStart(6, '0')}.log`,
      text: `not found, though the journal goes on in ${String(last).padStart(6, '0')}.log: it was removed after the run`,
    }));
}

async function listingOf(folder: string): Promise<Listing | null> {
  const manifest = await readManifest(folder);
  if (manifest !== null) return { by: MANIFEST, files: manifest };
  const benchmarks = await jsonOf(join(folder, 'benchmarks.json'));
  const evidence = isListing(benchmarks?.evidence) ? benchmarks.evidence : [];
  return { by: 'benchmarks.json', files: new Map(evidence.map((file) => [file.path, file])) };
}

/** What `manifest.json` lists, by path; null where there is none. Throws {@link ResultsError} where it is no manifest. */
export async function readManifest(folder: string): Promise<ReadonlyMap<string, FileDigest> | null> {
  const path = join(folder, MANIFEST);
  const manifest = await jsonOf(path);
  if (manifest === null) return null;
  if (manifest.kind === 'loadcell/manifest' && isListing(manifest.files)) {
    return new Map(manifest.files.map((file) => [file.path, file]));
  }
  throw new ResultsError(
    'path',
    `${path}: found another kind of file, expected a manifest of schema version 1: it was changed after the run`,
  );
}

type Json = Readonly<Record<string, unknown>>;

/** Null where there is no such file; an empty object where it holds something else than an object. */
async function jsonOf(path: string): Promise<Json | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : {};
  } catch {
    return {};
  }
}

const isListing = (value: unknown): value is FileDigest[] => Array.isArray(value) && value.every(isFileDigest);

const isFileDigest = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'path' in value &&
  typeof value.path === 'string' &&
  'bytes' in value &&
  typeof value.bytes === 'number' &&
  'sha256' in value &&
  typeof value.sha256 === 'string';
