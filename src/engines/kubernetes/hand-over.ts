import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration } from '../../campaign/quantity.ts';
import { type Ns, toMilliseconds } from '../../time/ns.ts';
import { type Bundle, type BundleFile, PlaceTrouble } from '../inside-place.ts';
import { type CoordinatorJob, endOf, type Sight } from './coordinator-job.ts';
import type { RoomLine } from './room-line.ts';

/** How long a room that is being handed over to may be out of reach. */
const LOST_MS = 300_000;

export interface HandingOver {
  readonly job: CoordinatorJob;
  /** For people. */
  readonly room: string;
  readonly bundle: Bundle;
  /** How long the run waits for its places. */
  readonly queueNs: Ns;
  readonly pollMs: number;
  readonly waiting: (why: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Resolves once the coordinator's pod runs and its room has everything, also over a connection that breaks. Rejects with a
 * {@link PlaceTrouble} where no place came in time, the pod ended, or it stayed out of reach.
 */
export async function handOver(handing: HandingOver): Promise<void> {
  const { bundle, pollMs, waiting, signal } = handing;
  let lostAt: number | null = null;
  const onSent = ({ name, bytes }: BundleFile, sent: number): void => {
    lostAt = null;
    waiting(`handing over ${basename(name)}: ${mebibytes(sent)} of ${mebibytes(bytes)} MiB`);
  };
  for (let line = await whenPlaced(handing); ; line = await whenPlaced(handing)) {
    try {
      if ((await line.phase()) === 'waiting') await line.handOver(bundle.files, onSent, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PlaceTrouble) || error.kind === 'refused') throw error;
      lostAt ??= performance.now();
      if (performance.now() - lostAt > LOST_MS) throw error;
      waiting(error.message);
      await delay(pollMs, undefined, { signal });
    }
  }
}

/** Resolves once the pod runs. */
async function whenPlaced({ job, room, queueNs, pollMs, waiting, signal }: HandingOver): Promise<RoomLine> {
  for (const until = performance.now() + toMilliseconds(queueNs); ; ) {
    signal.throwIfAborted();
    const [status, line] = await job.look().catch(unknownFor);
    if (line !== null) return line;
    if (status.kind === 'ended') throw new PlaceTrouble('refused', `${room} ended: ${endOf(status)}`);
    const why = 'reason' in status ? status.reason : 'its pod is being started';
    if (performance.now() >= until) {
      const within = `within ${formatDuration(queueNs)}`;
      throw new PlaceTrouble('unplaced', `no place was given to the coordinator ${within}: ${why}`);
    }
    waiting(why);
    await delay(pollMs, undefined, { signal });
  }
}

const unknownFor = ({ message }: Error): Sight => [{ kind: 'unknown', reason: message }, null];

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
