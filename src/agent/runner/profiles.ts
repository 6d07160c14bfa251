import * as fs from 'node:fs/promises';
import { cpus, homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import type { ProfilePlan } from '../../targets/onnx.ts';
import { PlacementStore } from '../../targets/placement-store.ts';

/** The profiles of this node, kept below the user's cache folder. Of the workers of a runner only the first takes any. */
export function profilesOf(worker: number, env: Readonly<Record<string, string | undefined>>): ProfilePlan {
  const folder = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'loadcell', 'profiles');
  return {
    store: new PlacementStore(folder, fs, `${process.pid}-${threadId}`),
    role: worker === 0 ? 'taker' : 'other',
    node: `${hostname()} ${cpus()[0]?.model ?? ''}`,
  };
}
