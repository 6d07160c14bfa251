import { setTimeout as delay } from 'node:timers/promises';
import type { CallTool, ToolEnd } from '../tool.ts';

/** How long a cancelled job may take to be gone: sites give tasks half a minute between SIGTERM and SIGKILL. */
const GONE_MS = 120_000;
/** How often a job that does not go is told again. */
const AGAIN_MS = 5_000;

/** Asked again and again until it is. */
export interface JobWatch {
  readonly call: CallTool;
  readonly pollMs: number;
  /** Whether the job is over. */
  isOver(): Promise<boolean>;
}

/**
 * Ends what is left of a job, at once; tells it again while it does not go. Throws with what ends it by hand where it has not
 * gone within `mostMs`, however long each call takes: where the controller does not answer, its whole time limit.
 */
export async function endJob(id: string, { call, pollMs, isOver }: JobWatch, mostMs = GONE_MS): Promise<void> {
  let last: ToolEnd | null = null;
  for (const until = performance.now() + mostMs; performance.now() < until; ) {
    if (await isOver()) return;
    await call('scancel', ['--signal=KILL', id]);
    last = await call('scancel', [id]);
    if (await overWithin(Math.min(AGAIN_MS, until - performance.now()), { pollMs, isOver })) return;
  }
  const why = last === null || last.kind === 'answered' ? 'it does not end' : last.why;
  throw new Error(`Slurm job ${id} could not be cancelled: ${why}; end it with: scancel ${id}`);
}

/** Whether a job is over, now or within `mostMs`. */
export async function overWithin(mostMs: number, { pollMs, isOver }: Omit<JobWatch, 'call'>): Promise<boolean> {
  const until = performance.now() + mostMs;
  for (;;) {
    if (await isOver()) return true;
    if (performance.now() >= until) return false;
    await delay(Math.min(pollMs, Math.max(0, mostMs)));
  }
}
