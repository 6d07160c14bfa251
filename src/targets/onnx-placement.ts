import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { Ns } from '../time/ns.ts';
import type { Feeds } from './onnx-inputs.ts';
import { loadedSession, type ModelFile } from './onnx-load.ts';
import { nodesByProvider } from './onnx-profile.ts';
import type { NodesByProvider } from './target.ts';

/** What is run to learn where its nodes are. */
export interface Rehearsed {
  readonly model: ModelFile;
  readonly options: InferenceSession.SessionOptions;
  readonly feeds: Feeds;
  readonly now: () => Ns;
}

/** Requests of a profiled session: the first one pays for what later ones find ready. */
const REQUESTS = 3;
/** No further request after this long. */
const ENOUGH_NS = 300e6;

/**
 * How many nodes of one request each execution provider ran and for how long, as onnxruntime's own profile tells. A
 * session of its own, gone before this resolves: the one that is measured was never profiled, and memory holds one at a
 * time. Rejects with onnxruntime's error.
 */
export async function profiledNodes({ model, options, feeds, now }: Rehearsed): Promise<NodesByProvider> {
  const folder = await mkdtemp(join(tmpdir(), 'loadcell-profile-'));
  try {
    const session = await loadedSession(model, {
      ...options,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    });
    try {
      const began = now();
      for (let request = 0; request < REQUESTS && (request === 0 || now() - began < ENOUGH_NS); request++) {
        await session.run(feeds);
      }
      session.endProfiling();
    } finally {
      await session.release();
    }
    const [file = ''] = await readdir(folder);
    return nodesByProvider(await readFile(join(folder, file), 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
