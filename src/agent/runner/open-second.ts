import type { Tally } from '../../stats/tally.ts';
import { Flow } from './flow.ts';
import { Slowest } from './slowest.ts';

/** A kind of failure in one second and phase. */
export interface FailureCount {
  readonly phase: number;
  /** Number in {@link FailureKinds}. */
  readonly kind: number;
  count: number;
  /** When the first of them was settled. */
  firstNs: number;
}

/** Events of an interval in one phase, each counted where it happened. */
export interface PhaseEvents {
  readonly phase: number;
  readonly offered: number;
  readonly started: number;
  readonly achieved: number;
  readonly failed: number;
}

/** Bounds the (phase, slot) pairs: a phase has fewer slots than this. */
const SLOTS = 2 ** 24;

/** One second of a trial while it may still change. */
export class OpenSecond {
  readonly startNs: number;
  readonly flow: Flow;
  /** Per phase, events where they happen. */
  readonly offered: Float64Array;
  readonly started: Float64Array;
  readonly achieved: Float64Array;
  readonly failed: Float64Array;
  /** By phase and slot, see {@link OpenSecond.slots}. */
  readonly #tallies = new Map<number, Tally>();
  readonly #failures = new Map<number, FailureCount>();
  readonly slowest = new Slowest();
  /** Sum of the response times of the requests settled, nanoseconds. */
  settledNs = 0;
  #lastKey = -1;
  #lastTally: Tally | null = null;

  constructor(startNs: number, phases: number) {
    this.startNs = startNs;
    this.flow = new Flow(startNs);
    this.offered = new Float64Array(phases);
    this.started = new Float64Array(phases);
    this.achieved = new Float64Array(phases);
    this.failed = new Float64Array(phases);
  }

  /** The tally of (phase, slot), from `fresh` when this second has none yet. */
  tally(phase: number, slot: number, fresh: () => Tally): Tally {
    const key = phase * SLOTS + slot;
    if (key === this.#lastKey && this.#lastTally !== null) return this.#lastTally;
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      tally = fresh();
      this.#tallies.set(key, tally);
    }
    this.#lastKey = key;
    this.#lastTally = tally;
    return tally;
  }

  countFailure(phase: number, kind: number, atNs: number): void {
    const key = phase * SLOTS + kind;
    const known = this.#failures.get(key);
    if (known === undefined) {
      this.#failures.set(key, { phase, kind, count: 1, firstNs: atNs });
      return;
    }
    known.count++;
    known.firstNs = Math.min(known.firstNs, atNs);
  }

  /** Every (phase, slot) that was touched, ascending. */
  slots(): { readonly phase: number; readonly slot: number; readonly tally: Tally }[] {
    return [...this.#tallies]
      .sort(([a], [b]) => a - b)
      .map(([key, tally]) => ({ phase: Math.floor(key / SLOTS), slot: key % SLOTS, tally }));
  }

  /** Of every phase with any event. */
  events(): PhaseEvents[] {
    const events: PhaseEvents[] = [];
    for (let phase = 0; phase < this.offered.length; phase++) {
      const offered = this.offered[phase] as number;
      const started = this.started[phase] as number;
      const achieved = this.achieved[phase] as number;
      const failed = this.failed[phase] as number;
      if (offered + started + achieved + failed > 0) events.push({ phase, offered, started, achieved, failed });
    }
    return events;
  }

  failures(): FailureCount[] {
    return [...this.#failures.values()].sort((a, b) => b.count - a.count || a.firstNs - b.firstNs);
  }
}
