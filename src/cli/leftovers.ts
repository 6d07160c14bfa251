import type { RunRequest } from '../coordinator/supervision.ts';
import { engineOf, localEngine } from '../engines/engine-of.ts';
import { seconds } from '../time/ns.ts';

const GRACE = seconds(2);

/**
 * Ends what a run still holds on a cluster whose coordinator did not end as it should. Agents of this machine are in the
 * supervisor's group, and gone with it. What the engine does not let go is told, a sentence each.
 */
export async function endLeftovers({ plan, runId }: Pick<RunRequest, 'plan' | 'runId'>): Promise<readonly string[]> {
  if (plan.fleet === undefined || plan.fleet.engine === 'local') return [];
  try {
    const engine = await engineOf(plan.fleet, process.env, localEngine(process.env));
    const ends = await Promise.allSettled((await engine.list({ runId })).map((handle) => engine.cancel(handle, GRACE)));
    return ends.flatMap((end) => (end.status === 'rejected' ? [sentenceOf(end.reason)] : []));
  } catch (error) {
    return [`${plan.fleet.engine}: what the run left could not be looked for: ${sentenceOf(error)}`];
  }
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
