/** What Slurm's text output says of jobs (squeue(1), "JOB STATE CODES" and "JOB REASON CODES"). */

/** A line of {@link JOB_FORMAT}. */
export interface Job {
  readonly id: string;
  /** Long form: `PENDING`, `RUNNING`, `NODE_FAIL`. */
  readonly state: string;
  /** Why it waits, or how it ended: `Resources`, `NonZeroExitCode`; `None` where there is nothing to say. */
  readonly reason: string;
  readonly name: string;
  readonly comment: string;
}

/** For `squeue --format`: the comment is last, since it alone may hold a bar. */
export const JOB_FORMAT = '%A|%T|%r|%j|%k';

export const parseJobs = (text: string): readonly Job[] =>
  text.split('\n').flatMap((line) => {
    const [, id, state, reason, name, comment] = /^(\d+)\|([^|]*)\|([^|]*)\|([^|]*)\|(.*)$/.exec(line.trim()) ?? [];
    if (id === undefined || state === undefined) return [];
    return [{ id, state, reason: reason ?? '', name: name ?? '', comment: comment ?? '' }];
  });

export type Course =
  | { readonly kind: 'queued' | 'starting' | 'running' }
  | { readonly kind: 'ended'; readonly outcome: 'completed' | 'failed' | 'cancelled' };

const UNDER_WAY: Readonly<Record<string, Course['kind'] & ('queued' | 'starting' | 'running')>> = {
  PENDING: 'queued',
  REQUEUED: 'queued',
  REQUEUE_HOLD: 'queued',
  REQUEUE_FED: 'queued',
  SPECIAL_EXIT: 'queued',
  CONFIGURING: 'starting',
  RUNNING: 'running',
  SUSPENDED: 'running',
  STOPPED: 'running',
  RESIZING: 'running',
  SIGNALING: 'running',
  STAGE_OUT: 'running',
  COMPLETING: 'running',
};

/** Where a job is. A state of a later version of Slurm that is not known here counts as an end that failed. */
export function courseOf(state: string): Course {
  const kind = UNDER_WAY[state];
  if (kind !== undefined) return { kind };
  if (state === 'COMPLETED') return { kind: 'ended', outcome: 'completed' };
  if (state.startsWith('CANCELLED')) return { kind: 'ended', outcome: 'cancelled' };
  return { kind: 'ended', outcome: 'failed' };
}

/** How a job that has ended did so, in Slurm's words: `NODE_FAIL`, `FAILED (NonZeroExitCode)`. */
export const endText = ({ state, reason }: Pick<Job, 'state' | 'reason'>): string =>
  reason === '' || reason === 'None' ? state : `${state} (${reason})`;

/** Whether squeue says that there is no such job, and not merely that it does not answer. */
export const isUnknownJob = (why: string): boolean => /Invalid job id specified/i.test(why);
