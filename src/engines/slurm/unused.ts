import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What nobody has used for this long nobody will: no job waits or runs for two months. */
export const UNUSED_DAYS = 60;
const DAY_MS = 86_400_000;

/**
 * Packed agents of versions that nobody runs any more, what runs left whose coordinator died, and rooms whose removal was
 * broken off. Nothing else is ours: results that nobody has fetched stay.
 */
const OURS = {
  agents: /^[0-9a-f]{64}\.tar$/,
  runs: /^\d{8}T\d{6}Z-.+-[0-9a-f]{4}$/,
  inside: /^\.\d{8}T\d{6}Z-.+-[0-9a-f]{4}$/,
};

/**
 * Takes away what is this program's in the shared folder and nobody has used for {@link UNUSED_DAYS}. What cannot be taken away
 * stays. `nowMs`: wall clock.
 */
export function removeUnused(shared: string, nowMs: number): void {
  for (const [kind, ours] of Object.entries(OURS)) {
    for (const name of namesIn(join(shared, kind)).filter((one) => ours.test(one))) {
      const path = join(shared, kind, name);
      if (nowMs - lastUseMs(path) > UNUSED_DAYS * DAY_MS) remove(path);
    }
  }
}

/** The latest change of a file or folder, or of anything in it. */
function lastUseMs(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return Number.POSITIVE_INFINITY;
  const within = stats.isDirectory() ? namesIn(path).map((name) => lastUseMs(join(path, name))) : [];
  return Math.max(stats.mtimeMs, ...within);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    return;
  }
}
