/**
 * What a network does to bytes, as arithmetic on instants (nanoseconds of one time line): no clock, no socket.
 *
 * A direction is a line of `bandwidth` bits per second that carries one stretch of bytes after the other, in the order in
 * which they come, whichever connection they belong to: a token bucket that holds nothing, as netem's `rate`. What has left
 * the line arrives one delay later, with a jitter that is uniform over ± jitter. On one connection nothing overtakes.
 */
import type { ViaSpec } from '../../campaign/via-spec.ts';
import type { Rng } from '../../scenarios/rng.ts';
import { NS_PER_MS, NS_PER_S } from '../../time/ns.ts';

const BITS = 8;
/** A stretch holds the line for no longer than this, unless it is one packet. */
const LONGEST_STRETCH_NS = NS_PER_MS;
const PACKET_BYTES = 1460;

/** One direction: what all connections share. */
export class Line {
  readonly #nsPerByte: number;
  /** Bytes that are carried as one. */
  readonly stretch: number;
  #freeAtNs = Number.NEGATIVE_INFINITY;

  constructor({ bandwidth }: ViaSpec) {
    this.#nsPerByte = bandwidth === null ? 0 : (BITS * NS_PER_S) / bandwidth;
    this.stretch =
      bandwidth === null
        ? Number.POSITIVE_INFINITY
        : Math.max(PACKET_BYTES, Math.floor(LONGEST_STRETCH_NS / this.#nsPerByte));
  }

  /** When the last of `bytes` that came at `atNs` has left. Calls come in the order of their instants. */
  carry(atNs: number, bytes: number): number {
    this.#freeAtNs = Math.max(atNs, this.#freeAtNs) + bytes * this.#nsPerByte;
    return this.#freeAtNs;
  }
}

/** One direction of one connection. */
export class Lane {
  readonly #line: Line;
  readonly #via: ViaSpec;
  readonly #rng: Rng;
  #lastNs: number;

  /** `sinceNs`: nothing arrives before. `rng`: of this lane alone, one draw for each stretch of bytes. */
  constructor(line: Line, via: ViaSpec, sinceNs: number, rng: Rng) {
    this.#line = line;
    this.#via = via;
    this.#lastNs = sinceNs;
    this.#rng = rng;
  }

  /** When `bytes` that came at `atNs` arrive at the far end; 0 for what has no length: an end, a reset. */
  arrival(atNs: number, bytes: number): number {
    const { delayNs, jitterNs } = this.#via;
    const jitter = jitterNs === 0 ? 0 : jitterNs * (2 * this.#rng.next() - 1);
    this.#lastNs = Math.max(this.#lastNs, this.#line.carry(atNs, bytes) + delayNs + jitter);
    return this.#lastNs;
  }
}

/**
 * How long a new connection is under way before its first byte may be sent, and before the far end knows of it: SYN and its
 * answer, then one more way. No jitter is drawn for them.
 */
export const handshakeNs = ({ delayNs }: ViaSpec): { readonly open: number; readonly arrived: number } => ({
  open: 2 * delayNs,
  arrived: 3 * delayNs,
});

/** Bytes that one direction of a connection may have under way: twice what the line holds, within reason. */
export function windowBytes({ delayNs, jitterNs, bandwidth }: ViaSpec): number {
  const held = bandwidth === null ? 0 : ((delayNs + jitterNs) / NS_PER_S) * (bandwidth / BITS);
  return Math.min(MOST_WINDOW, Math.max(LEAST_WINDOW, 2 * held));
}

const LEAST_WINDOW = 4 * 2 ** 20;
const MOST_WINDOW = 64 * 2 ** 20;
