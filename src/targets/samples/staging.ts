import type { NamedSamples } from '../../campaign/sample-files.ts';
import { type FileDigest, knownDigest } from '../../models/known-digest.ts';
import { indexLines } from './line-index.ts';
import { npzMembers } from './npz.ts';

/** Kinds of files that hold samples, or belong to an endpoint. */
export type SampleKind = NamedSamples['kind'];

/**
 * Reads a file of samples through once and leaves in `cache` what makes any sample of it found at once: an index of
 * lines, unpacked arrays. Nothing is read again as long as the file has not changed.
 *
 * @throws Error with the file system's words, or those of what cannot be unpacked.
 */
export async function stageSamples(kind: SampleKind, path: string, cache: string): Promise<FileDigest> {
  if (kind === 'jsonl') return indexLines(path, cache);
  const digest = await knownDigest(path, cache);
  if (kind === 'npz') await npzMembers(path, digest.sha256, cache);
  return digest;
}
