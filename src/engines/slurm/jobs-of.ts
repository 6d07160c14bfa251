import { PlaceTrouble } from '../inside-place.ts';
import type { CallTool } from '../tool.ts';
import { courseOf, JOB_FORMAT, type Job, parseJobs } from './job-state.ts';

/**
 * Jobs of a user that have not ended. Throws a {@link PlaceTrouble}: `refused` where Slurm is not installed here, `lost` where it
 * does not tell.
 */
export async function jobsOf(user: string, call: CallTool): Promise<readonly Job[]> {
  const end = await call('squeue', ['-h', '-u', user, '-o', JOB_FORMAT]);
  if (end.kind !== 'answered') throw new PlaceTrouble(end.kind === 'missing' ? 'refused' : 'lost', end.why);
  return parseJobs(end.stdout).filter(({ state }) => courseOf(state).kind !== 'ended');
}
