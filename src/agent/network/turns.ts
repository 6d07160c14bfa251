import type { Alarm } from '../runner/alarm.ts';
import { DueHeap } from '../runner/due-heap.ts';

/** Directions of connections at a time; one more is an error. */
const MOST = 262_144;

/** One of those that have something due. */
export interface Turn {
  /** To be called at `atNs`. Only when nothing is due. */
  due(atNs: number): void;
  /** Is never called again. */
  leave(): void;
}

/** Calls each of many at its instant, as exactly as a thread with sockets can be woken. */
export class Turns {
  readonly #now: () => number;
  readonly #alarm: Alarm;
  readonly #heap = new DueHeap(MOST);
  /** By place. `null`: it has left. */
  readonly #calls: ((() => number) | null)[] = [];
  readonly #isDue: boolean[] = [];
  readonly #free: number[] = [];
  #setNs = Number.POSITIVE_INFINITY;

  constructor(now: () => number, alarm: Alarm) {
    this.#now = now;
    this.#alarm = alarm;
    void alarm.listen(() => this.#run());
  }

  /** `call` returns when it is to be called again; infinity: not before {@link Turn.due}. */
  join(call: () => number): Turn {
    const place = this.#free.pop() ?? this.#calls.length;
    if (place >= MOST) throw new Error(`proxy: found more than ${MOST / 2} connections at a time, expected fewer`);
    this.#calls[place] = call;
    this.#isDue[place] = false;
    let hasLeft = false;
    return {
      due: (atNs) => {
        if (!hasLeft) this.#push(place, atNs);
      },
      leave: () => {
        hasLeft = true;
        this.#calls[place] = null;
        if (this.#isDue[place] !== true) this.#free.push(place);
      },
    };
  }

  #push(place: number, atNs: number): void {
    this.#isDue[place] = true;
    this.#heap.push(place, atNs);
    this.#set();
  }

  #run(): void {
    this.#setNs = Number.POSITIVE_INFINITY;
    while (this.#heap.earliestNs <= this.#now()) {
      const place = this.#heap.pop();
      this.#isDue[place] = false;
      const call = this.#calls[place];
      const again = call == null ? Number.POSITIVE_INFINITY : call();
      if (call == null) this.#free.push(place);
      else if (Number.isFinite(again) && this.#calls[place] !== null) this.#push(place, again);
    }
    this.#set();
  }

  #set(): void {
    const atNs = this.#heap.earliestNs;
    if (atNs >= this.#setNs) return;
    this.#setNs = atNs;
    this.#alarm.set(atNs);
  }
}
