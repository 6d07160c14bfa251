import { setTimeout as sleep } from 'node:timers/promises';
import { type Ns, toMilliseconds } from '../../time/ns.ts';
import { FeedError } from '../feed-error.ts';
import { SecretError } from './secret.ts';

const AGAIN_MS = 250;

/** Tries until it succeeds, at most for `within`; null: once. What no waiting can mend is told at once. */
export async function readyWithin<T>(within: Ns | null, attempt: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + (within === null ? 0 : toMilliseconds(within));
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const isFinal = error instanceof FeedError || error instanceof SecretError;
      if (isFinal || performance.now() + AGAIN_MS > untilMs) throw error;
      await sleep(AGAIN_MS);
    }
  }
}
