/** Hot, as the loop that it belongs to is: nothing here may allocate, log or make a closure. */

import { HELD, type Place } from './board.ts';
import { AT_ONCE, CLOSED, type PhaseTable } from './phase-table.ts';
import { sampleOf } from './samples.ts';

/** What says which request a place holds next. */
export interface HeldRequestsParts {
  /** Of this thread, by the target's number. */
  readonly places: readonly Place[];
  readonly phases: PhaseTable;
  /** Per phase, what its samples are drawn from. */
  readonly sampleKeys: Int32Array;
  /** `in-turn`: the samples that no arrival names follow one another, request by request. */
  readonly picks: 'drawn' | 'in-turn';
  /** Inferences that make one request, `stride` samples each. */
  readonly bundle: { readonly infers: number; readonly stride: number };
}

const NONE = -1;

/**
 * The request that each place of a thread holds: its instants on the board, its sample, and which comes after it where the
 * phase is closed.
 *
 * Invariant: between `taken` and `written` a place holds exactly one request.
 */
export class HeldRequests {
  readonly #parts: HeldRequestsParts;
  readonly #freeSince: Float64Array;
  /** The closed phase whose request a place holds or held last. */
  readonly #closedPhase: Int32Array;
  readonly #sample: Float64Array;
  /** Inferences of the bundle that are still to be sent. */
  readonly #left: Int32Array;

  constructor(parts: HeldRequestsParts) {
    const places = parts.places.length;
    this.#parts = parts;
    this.#freeSince = new Float64Array(places);
    this.#closedPhase = new Int32Array(places).fill(NONE);
    this.#sample = new Float64Array(places);
    this.#left = new Int32Array(places);
  }

  place(place: number): Place {
    return this.#parts.places[place] as Place;
  }

  /** Where the place's request stands on the board, and where its next ticket is laid. */
  at(place: number): Float64Array {
    return this.place(place).now;
  }

  intendedNs(place: number): number {
    return this.at(place)[HELD.intended] as number;
  }

  /** What its phase is: open, closed, at once. */
  kind(place: number): number {
    return this.#parts.phases.kind[this.at(place)[HELD.phase] as number] as number;
  }

  sample(place: number): number {
    return this.#sample[place] as number;
  }

  /** Since when all places have been free. */
  freeAll(sinceNs: number): void {
    this.#freeSince.fill(sinceNs);
  }

  /** The place's request was over at that instant. */
  free(place: number, sinceNs: number): void {
    this.#freeSince[place] = sinceNs;
  }

  /**
   * Whether a place takes the ticket that was laid into it. One that comes from a closed phase goes on in another: its
   * next request is intended a thinking time after its last completion there too, and a phase that is over by then is
   * passed over.
   */
  accepts(place: number): boolean {
    const { phases } = this.#parts;
    const held = this.at(place);
    const phase = held[HELD.phase] as number;
    const before = this.#closedPhase[place];
    if (phases.kind[phase] !== CLOSED) {
      this.#closedPhase[place] = NONE;
      return true;
    }
    this.#closedPhase[place] = phase;
    if (before === NONE) return true;
    const next = (this.#freeSince[place] as number) + (phases.thinkNs[phase] as number);
    held[HELD.intended] = Math.max(held[HELD.intended] as number, next);
    return (held[HELD.intended] as number) < (phases.endNs[phase] as number);
  }

  /** The request that was laid into the place is held from here on. */
  hold(place: number): void {
    const held = this.at(place);
    held[HELD.ready] = Math.max(held[HELD.intended] as number, this.#freeSince[place] as number);
    held[HELD.start] = Number.NaN;
    const at = this.place(place);
    at.taken = (at.taken + 1) | 0;
    this.#sample[place] = this.#drawSample(held);
  }

  /** The sample that the arrival names, else a drawn one. */
  #drawSample(held: Float64Array): number {
    const named = held[HELD.sample] as number;
    if (named >= 0) return named;
    if (this.#parts.picks === 'in-turn') return held[HELD.seq] as number;
    return sampleOf(this.#parts.sampleKeys[held[HELD.phase] as number] as number, held[HELD.seq] as number);
  }

  /** The request is started. Returns from when its time counts. */
  start(place: number, nowNs: number): number {
    const held = this.at(place);
    const at = this.place(place);
    held[HELD.start] = nowNs;
    at.started = at.taken;
    this.#left[place] = this.#parts.bundle.infers - 1;
    return held[this.kind(place) === AT_ONCE ? HELD.ready : HELD.intended] as number;
  }

  /** Moves a place on to the next inference of its bundle; false: that was the last. */
  nextInference(place: number): boolean {
    if ((this.#left[place] as number) <= 0) return false;
    this.#left[place] = (this.#left[place] as number) - 1;
    this.#sample[place] = (this.#sample[place] as number) + this.#parts.bundle.stride;
    return true;
  }

  /** Moves a free place on to the next request of its closed phase; false when the phase is over by then, or none is. */
  nextOfClosed(place: number): boolean {
    const { phases } = this.#parts;
    const phase = this.#closedPhase[place] as number;
    if (phase === NONE) return false;
    const held = this.at(place);
    const intended = (this.#freeSince[place] as number) + (phases.thinkNs[phase] as number);
    const seq = (held[HELD.seq] as number) + (phases.stride[phase] as number);
    if (intended >= (phases.endNs[phase] as number) && seq >= (phases.atLeast[phase] as number)) return false;
    held[HELD.intended] = intended;
    held[HELD.seq] = seq;
    this.hold(place);
    return true;
  }
}
