import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { digestFiles, jsonText } from '../../coordinator/results-folder.ts';
import type { RunRequest } from '../../coordinator/supervision.ts';
import type { Bundle, BundleFile } from '../../engines/inside-place.ts';
import type { InsideRequest } from './request.ts';

/** Names in a bundle. Files of the plan lie in `files` by their SHA-256, once each; what a run had recorded in `recorded`. */
export const BUNDLE = {
  request: 'request.json',
  plan: 'plan.json',
  campaign: 'campaign.yaml',
  files: 'files',
  recorded: 'recorded',
  listing: 'listing.json',
} as const;

/** A file of a bundle, as the listing tells it. */
export type Listed = Pick<BundleFile, 'name' | 'bytes' | 'sha256'>;

/**
 * What a coordinator elsewhere needs to carry out a run: the request, campaign and plan byte for byte as they will stand in
 * the results folder, and every file of the plan by content that no node has already. Of a run that is taken up again, what
 * it had recorded. `listing.json` is last and names all others.
 */
export async function bundleOf(run: RunRequest, request: InsideRequest): Promise<Bundle> {
  const files = [
    written(BUNDLE.request, jsonText(request)),
    written(BUNDLE.plan, jsonText(run.plan)),
    written(BUNDLE.campaign, run.campaignText),
    ...planFiles(run),
    ...(run.mode === 'resume' ? await recordedFiles(join(run.resultsDir, run.runId)) : []),
  ];
  const listing: readonly Listed[] = files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 }));
  return { files: [...files, written(BUNDLE.listing, jsonText(listing))] };
}

function planFiles({ plan }: RunRequest): readonly BundleFile[] {
  const sent = plan.files.filter(({ there }) => there === undefined);
  return [...new Map(sent.map((file) => [file.sha256, file])).values()].map(({ path, bytes, sha256 }) => ({
    name: `${BUNDLE.files}/${sha256}`,
    bytes,
    sha256,
    content: path,
  }));
}

async function recordedFiles(folder: string): Promise<readonly BundleFile[]> {
  const found = await digestFiles(folder, () => true);
  return found.map(({ path, bytes, sha256 }) => ({
    name: `${BUNDLE.recorded}/${path}`,
    bytes,
    sha256,
    content: join(folder, path),
  }));
}

function written(name: string, text: string | Uint8Array): BundleFile {
  const content = typeof text === 'string' ? Buffer.from(text) : text;
  return { name, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex'), content };
}
