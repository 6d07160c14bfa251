import type { Socket } from 'node:net';
import type { Lane } from './link.ts';

/** What comes out at the far end, in order: bytes, or something that happens there. */
type Parcel = { readonly atNs: number } & ({ readonly bytes: Uint8Array } | { readonly act: () => void });

export interface OneWayParts {
  readonly from: Socket;
  readonly to: Socket;
  readonly lane: Lane;
  /** Bytes that are carried as one. */
  readonly stretch: number;
  /** Bytes under way at which nothing more is read. */
  readonly window: number;
  readonly now: () => number;
  /** The first of what is under way comes at `atNs`: {@link OneWay.release} is to be called then. */
  readonly due: (atNs: number) => void;
  /** Bytes were let out, so much later than they were due. */
  readonly released: (lateNs: number) => void;
}

/** Parcels that were delivered and are still held. */
const COMPACTED_AT = 64;

/** One direction of one connection: reads on one side, and writes on the other what has arrived. */
export class OneWay {
  readonly #parts: OneWayParts;
  #parcels: Parcel[] = [];
  #delivered = 0;
  #bytes = 0;
  /** The far end takes no more for now. */
  #isFull = false;
  /** When it took more again: what waited for that was not late before. */
  #drainedNs = Number.NEGATIVE_INFINITY;
  #isOver = false;

  /** `opening`: what happens at the far end before anything else arrives there. */
  constructor(parts: OneWayParts, opening: { readonly atNs: number; readonly act: () => void }) {
    this.#parts = parts;
    this.#put(opening);
    const { from, to } = parts;
    from.on('data', (chunk: Buffer) => this.#send(chunk));
    from.on('end', () => this.#last(() => to.end()));
    from.on('error', () => this.#last(() => to.resetAndDestroy()));
    to.on('drain', () => this.#drained());
  }

  /** Lets out what has arrived by now. Returns when the next is due; infinity: nothing is, or the far end takes no more. */
  release(): number {
    const now = this.#parts.now();
    for (;;) {
      const parcel = this.#parcels[this.#delivered];
      if (parcel === undefined || this.#isFull) return Number.POSITIVE_INFINITY;
      if (parcel.atNs > now) return parcel.atNs;
      this.#delivered++;
      this.#deliver(parcel, now);
    }
  }

  #send(chunk: Buffer): void {
    const { lane, stretch, now, window, from } = this.#parts;
    const atNs = now();
    for (let at = 0; at < chunk.length; at += stretch) {
      const bytes = chunk.subarray(at, Math.min(chunk.length, at + stretch));
      this.#bytes += bytes.length;
      this.#put({ atNs: lane.arrival(atNs, bytes.length), bytes });
    }
    if (this.#bytes >= window) from.pause();
  }

  #last(act: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#put({ atNs: this.#parts.lane.arrival(this.#parts.now(), 0), act });
  }

  #put(parcel: Parcel): void {
    this.#parcels.push(parcel);
    if (this.#parcels.length - this.#delivered === 1 && !this.#isFull) this.#parts.due(parcel.atNs);
  }

  #deliver(parcel: Parcel, now: number): void {
    if (this.#delivered >= COMPACTED_AT && 2 * this.#delivered >= this.#parcels.length) {
      this.#parcels = this.#parcels.slice(this.#delivered);
      this.#delivered = 0;
    }
    if ('act' in parcel) {
      parcel.act();
      return;
    }
    const { from, to, window, released } = this.#parts;
    released(now - Math.max(parcel.atNs, this.#drainedNs));
    this.#bytes -= parcel.bytes.length;
    this.#isFull = !to.write(parcel.bytes) && !to.destroyed;
    if (this.#bytes < window && from.isPaused()) from.resume();
  }

  #drained(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#drainedNs = this.#parts.now();
    const next = this.#parcels[this.#delivered];
    if (next !== undefined) this.#parts.due(next.atNs);
  }
}
