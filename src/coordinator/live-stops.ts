import { abortingThresholds } from '../verdict/k6/threshold-abort.ts';
import { type LiveStop, LiveWatch, mayEndEarly } from '../verdict/live-stop.ts';
import type { Interval } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import type { RunCells } from './run-cells.ts';
import { SealedSeconds } from './sealed-seconds.ts';
import { ThresholdWatch } from './threshold-watch.ts';
import { isSameAttempt, type TrialRef } from './trial-ref.ts';

/** A trial that is to end where it stands. */
export interface CalledStop extends LiveStop {
  readonly ref: TrialRef;
}

interface Watched {
  readonly ref: TrialRef;
  readonly seconds: SealedSeconds;
  readonly watch: LiveWatch;
  readonly thresholds: ThresholdWatch | null;
}

/** Watches the present trial of a run, interval by interval, for what ends it early. Costs nothing where nothing can. */
export class LiveStops {
  readonly #cells: RunCells;
  #now: Watched | null = null;

  constructor(cells: RunCells) {
    this.#cells = cells;
  }

  /** Another trial has begun: what was before is forgotten. */
  begin({ cell, trial, attempt }: TrialRef): void {
    const of = this.#cells.of({ cell, trial });
    this.#now = mayEndEarly(of)
      ? {
          ref: { cell, trial, attempt },
          seconds: new SealedSeconds(of),
          watch: new LiveWatch(of, trial),
          thresholds: abortingThresholds(of.spec).length > 0 ? new ThresholdWatch(of) : null,
        }
      : null;
  }

  /** The stop that an interval calls for, once for a trial; null: it goes on. */
  add(interval: Interval): CalledStop | null {
    const now = this.#now;
    if (now === null || !isSameAttempt(now.ref, interval)) return null;
    now.thresholds?.add(interval);
    for (const second of now.seconds.add(interval)) {
      const stop = now.watch.add(second) ?? now.thresholds?.look(second.endNs) ?? null;
      if (stop === null) continue;
      this.#now = null;
      return { ...stop, ref: now.ref };
    }
    return null;
  }
}
