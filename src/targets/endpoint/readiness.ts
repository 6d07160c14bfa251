import { setTimeout as sleep } from 'node:timers/promises';
import { type Ns, toMilliseconds } from '../../time/ns.ts';
import { FeedError } from '../feed-error.ts';
import { NoAnswer } from './carrier.ts';
import { SecretError } from './secret.ts';

const AGAIN_MS = 250;

/**
 * Tries until it succeeds, at most for `within`; null: once. What no waiting can mend is told at once. An attempt is told how
 * much time is left, and is to take no more: one that its end cut short says less than the one before it, which is told then.
 */
export async function readyWithin<T>(within: Ns | null, attempt: (leftMs: () => number) => Promise<T>): Promise<T> {
  if (within === null) return attempt(() => Number.POSITIVE_INFINITY);
  const untilMs = performance.now() + toMilliseconds(within);
  const leftMs = (): number => Math.max(1, Math.ceil(untilMs - performance.now()));
  let why: unknown = null;
  for (;;) {
    try {
      return await attempt(leftMs);
    } catch (error) {
      if (isFinal(error)) throw error;
      why = why !== null && isCutShort(error, leftMs()) ? why : error;
      if (leftMs() <= AGAIN_MS) throw why;
      await sleep(AGAIN_MS);
    }
  }
}

const isFinal = (error: unknown): boolean => error instanceof FeedError || error instanceof SecretError;

const isCutShort = (error: unknown, leftMs: number): boolean => error instanceof NoAnswer && leftMs === 1;
