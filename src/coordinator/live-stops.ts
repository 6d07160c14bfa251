import { type LiveStop, LiveWatch, mayEndEarly } from '../verdict/live-stop.ts';
import type { Interval } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import type { TrialRef } from './events.ts';
import type { RunCells } from './run-cells.ts';
import { SealedSeconds } from './sealed-seconds.ts';

/** A trial that is to end where it stands. */
export interface CalledStop extends LiveStop {
  readonly ref: TrialRef;
}

/** Watches the present trial of a run, interval by interval, for what ends it early. Costs nothing where nothing can. */
export class LiveStops {
  readonly #cells: RunCells;
  #now: { readonly ref: TrialRef; readonly seconds: SealedSeconds; readonly watch: LiveWatch } | null = null;

  constructor(cells: RunCells) {
    this.#cells = cells;
  }

  /** Another trial has begun: what was before is forgotten. */
  begin({ cell, trial, attempt }: TrialRef): void {
    const of = this.#cells.of({ cell, trial });
    this.#now = mayEndEarly(of)
      ? { ref: { cell, trial, attempt }, seconds: new SealedSeconds(of), watch: new LiveWatch(of, trial) }
      : null;
  }

  /** The stop that an interval calls for, once for a trial; null: it goes on. */
  add(interval: Interval): CalledStop | null {
    const now = this.#now;
    if (now === null || !isOf(now.ref, interval)) return null;
    for (const second of now.seconds.add(interval)) {
      const stop = now.watch.add(second);
      if (stop === null) continue;
      this.#now = null;
      return { ...stop, ref: now.ref };
    }
    return null;
  }
}

const isOf = (ref: TrialRef, interval: Interval): boolean =>
  interval.cell === ref.cell && interval.trial === ref.trial && interval.attempt === ref.attempt;
