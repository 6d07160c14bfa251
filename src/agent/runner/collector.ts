import { HELD, Place } from './board.ts';
import type { Crew } from './crew.ts';
import type { Fold } from './fold.ts';
import type { PlaceDeal } from './place-deal.ts';
import { emptyRecord, RecordReader } from './record-ring.ts';
import type { TrialMemory } from './trial-memory.ts';

/** A request that a place holds: started and in flight, or not started. */
export interface HeldRequest {
  readonly place: number;
  readonly seq: number;
  readonly phase: number;
  readonly intendedNs: number;
  readonly readyNs: number;
  /** NaN: not started. */
  readonly startNs: number;
}

/** Reads the workers' records into the fold, and says what each place holds. */
export class Collector {
  readonly #fold: Fold;
  readonly #crew: Crew;
  readonly #deal: PlaceDeal;
  readonly #places: readonly Place[];
  readonly #readers: readonly RecordReader[];
  readonly #room: number;
  readonly #record = emptyRecord();
  /** Per place, records read; wraps at 32 bits, as the place's own count. */
  readonly #readOf: Int32Array;
  /** Per place, the completion that was read last; -Infinity before the first. */
  readonly #lastNs: Float64Array;

  constructor(memory: TrialMemory, deal: PlaceDeal, fold: Fold, crew: Crew) {
    this.#fold = fold;
    this.#crew = crew;
    this.#deal = deal;
    this.#places = Array.from({ length: deal.places }, (_, place) => new Place(memory.board, place));
    this.#readers = memory.records.map((records) => new RecordReader(records));
    this.#room = this.#readers[0]?.room ?? 1;
    this.#readOf = new Int32Array(deal.places);
    this.#lastNs = new Float64Array(deal.places).fill(Number.NEGATIVE_INFINITY);
  }

  /** Folds everything written so far, and returns the fullest ring's share of its room. */
  drain(): number {
    let most = 0;
    for (let worker = 0; worker < this.#readers.length; worker++) most = Math.max(most, this.#drain(worker));
    return most / this.#room;
  }

  /** When the last request read so far was settled; -Infinity before the first. */
  get lastSettledNs(): number {
    return this.#lastNs.reduce((last, at) => Math.max(last, at), Number.NEGATIVE_INFINITY);
  }

  lastSettledOf(place: number): number {
    return this.#lastNs[place] as number;
  }

  /** What every place holds that holds anything, everything that was written before folded. */
  allHeld(): HeldRequest[] {
    const all: HeldRequest[] = [];
    for (let place = 0; place < this.#places.length; place++) {
      const held = this.held(place);
      if (held !== null) all.push(held);
    }
    return all;
  }

  /** What a place holds at one instant, everything that was written of it before folded; null when it holds nothing. */
  held(index: number): HeldRequest | null {
    const place = this.#places[index] as Place;
    for (;;) {
      const taken = place.taken;
      if (taken !== this.#readOf[index]) this.#drain(this.#deal.workerOf(index));
      const read = this.#readOf[index] as number;
      if (taken === read) return null;
      const held = heldBy(place, place.started === taken);
      if (place.taken === taken && place.written === read) return held;
    }
  }

  #drain(worker: number): number {
    const reader = this.#readers[worker] as RecordReader;
    const record = this.#record;
    const written = reader.written;
    let count = 0;
    while (reader.next(written, record)) {
      const { place } = record;
      count++;
      if (record.isEvent) {
        this.#fold.event(record);
        continue;
      }
      if (!this.#fold.kinds.isDefined(worker, record.failure)) this.#crew.hear(worker);
      this.#fold.settle(place, record);
      this.#readOf[place] = ((this.#readOf[place] as number) + 1) | 0;
      this.#lastNs[place] = record.completedNs;
    }
    if (count > 0) reader.release();
    return count;
  }
}

function heldBy(place: Place, isStarted: boolean): HeldRequest {
  const { now } = place;
  return {
    place: place.index,
    seq: now[HELD.seq] as number,
    phase: now[HELD.phase] as number,
    intendedNs: now[HELD.intended] as number,
    readyNs: now[HELD.ready] as number,
    startNs: isStarted ? (now[HELD.start] as number) : Number.NaN,
  };
}
