import { Outcome } from '../../stats/outcome.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';
import type { Collector, HeldRequest } from './collector.ts';
import type { Fold } from './fold.ts';
import type { Publisher } from './publisher.ts';
import { emptyRecord, type RequestRecord } from './record-ring.ts';

/** What is looked at when a trial is closed. */
export interface Closing {
  /** What the places held at the closing. */
  readonly held: readonly HeldRequest[];
  readonly collector: Collector;
  readonly publisher: Publisher;
  readonly fold: Fold;
  readonly spec: TrialSpec;
  readonly places: number;
  /** Nothing started at or after this instant. */
  readonly stopNs: number;
  readonly closeNs: number;
}

/** A place must have been free for this long before the stop to blame the harness for a request that was not started. */
const CLEARLY_FREE_NS = 1e6;

/**
 * Settles as unfinished what is in flight, what places hold, and every ticket that nobody took, as far as it was
 * intended before the stop. Counted from the places and the queue, never as a difference, so that scheduled = sum of
 * outcomes remains a check.
 */
export function countUnfinished(closing: Closing): void {
  for (const held of closing.held) settleHeld(closing, held);
  settleUntaken(closing, idlePlaces(closing));
}

const isClosedLoad = ({ spec }: Closing, phase: number): boolean => spec.phases[phase]?.load.kind === 'closed';

function settleHeld(closing: Closing, held: HeldRequest): void {
  const isStarted = !Number.isNaN(held.startNs);
  if (!isStarted && (isClosedLoad(closing, held.phase) || held.intendedNs >= closing.stopNs)) return;
  closing.fold.settle(held.place, unfinished(closing, held));
  if (!isStarted && closing.stopNs - held.readyNs > CLEARLY_FREE_NS) closing.fold.leaveUnstarted(held.phase);
}

/** Tickets in order; a request that waited although a place was idle is the harness's doing. */
function settleUntaken(closing: Closing, idle: number): void {
  let places = idle;
  closing.publisher.leftovers((phase, seq, intendedNs) => {
    if (intendedNs >= closing.stopNs) return false;
    if (isClosedLoad(closing, phase)) return true;
    closing.fold.settle(
      0,
      unfinished(closing, { seq, phase, intendedNs, readyNs: closing.closeNs, startNs: Number.NaN }),
    );
    if (places > 0 && closing.stopNs - intendedNs > CLEARLY_FREE_NS) {
      places--;
      closing.fold.leaveUnstarted(phase);
    }
    return true;
  });
}

/** Places that had nothing to do well before the stop. */
function idlePlaces({ held, collector, places, stopNs }: Closing): number {
  const busy = new Set(held.map(({ place }) => place));
  let idle = 0;
  for (let place = 0; place < places; place++) {
    if (!busy.has(place) && stopNs - collector.lastSettledOf(place) > CLEARLY_FREE_NS) idle++;
  }
  return idle;
}

const unfinished = (closing: Closing, request: Omit<HeldRequest, 'place'>): RequestRecord => ({
  ...emptyRecord(),
  seq: request.seq,
  phase: request.phase,
  intendedNs: request.intendedNs,
  readyNs: request.readyNs,
  startNs: request.startNs,
  completedNs: closing.closeNs,
  outcome: Outcome.unfinished,
});
