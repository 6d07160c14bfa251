import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { z } from 'zod';
import type { Feeds } from './onnx-inputs.ts';

/** The part of onnxruntime's profile (Chrome's trace-event format) that tells where an operator ran. */
const profileSchema = z.array(
  z.looseObject({ cat: z.string().optional(), args: z.looseObject({ provider: z.string().optional() }).optional() }),
);

/**
 * How many operators of one request each execution provider ran, by the provider's lower-case name, as onnxruntime's
 * own profile of a request tells. Costs a session and a request of its own, in a folder of its own.
 */
export async function operatorsByProvider(
  path: string,
  providers: readonly string[],
  feeds: Feeds,
): Promise<ReadonlyMap<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'loadcell-profile-'));
  try {
    const session = await InferenceSession.create(path, {
      executionProviders: providers,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
      logSeverityLevel: 4,
    });
    await session.run(feeds);
    session.endProfiling();
    await session.release();
    return countOperators(
      await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8'))),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function countOperators(profiles: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const event of profiles.flatMap((profile) => profileSchema.parse(JSON.parse(profile)))) {
    const provider = event.args?.provider;
    if (event.cat !== 'Node' || provider === undefined) continue;
    const name = provider.replace(/ExecutionProvider$/, '').toLowerCase();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
