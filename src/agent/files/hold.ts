import { open, rename, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How often a holder shows that it lives, and how long it may not before it counts as gone. */
const ALIVE_EVERY_MS = 1_000;
const GONE_MS = 10_000;
const LOOK_EVERY_MS = 100;

export interface Hold {
  release(): Promise<void>;
}

interface HoldContext {
  /** Milliseconds of the wall clock. */
  nowMs(): number;
  readonly signal: AbortSignal;
}

/**
 * Holds a lock file, waiting for whoever holds it; null as soon as `isDone` says that there is nothing left to be done under
 * it. A holder that gives no sign of life loses it, in whatever container it lived: two who do the same work then is all that
 * may come of it, so the work must bear that.
 */
export async function holdUnless(
  isDone: () => Promise<boolean>,
  lock: string,
  context: HoldContext,
): Promise<Hold | null> {
  for (;;) {
    if (await isDone()) return null;
    if (await created(lock)) {
      const hold = held(lock, context);
      if (!(await isDone())) return hold;
      await hold.release();
      return null;
    }
    if (await isAbandoned(lock, context)) await discard(lock);
    else await delay(LOOK_EVERY_MS, undefined, { signal: context.signal });
  }
}

function held(lock: string, { nowMs }: HoldContext): Hold {
  const alive = setInterval(() => {
    const now = nowMs() / 1000;
    void utimes(lock, now, now).catch(() => {});
  }, ALIVE_EVERY_MS);
  return {
    release: async () => {
      clearInterval(alive);
      await rm(lock, { force: true });
    },
  };
}

async function created(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

const isAbandoned = async (lock: string, { nowMs }: HoldContext): Promise<boolean> => {
  const state = await stat(lock).catch(() => null);
  return state !== null && nowMs() - state.mtimeMs > GONE_MS;
};

/** Renamed first: of two who find it abandoned one does it. */
async function discard(lock: string): Promise<void> {
  const aside = `${lock}.${process.pid}`;
  await rename(lock, aside).catch(() => {});
  await rm(aside, { force: true });
}
