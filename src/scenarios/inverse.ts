import { NS_PER_S } from '../time/ns.ts';
import type { Piece, RateProfile } from './phase.ts';
import { areaOf } from './profile.ts';

/**
 * L^-1 of a rate profile: after how many nanoseconds, counted from the profile's start, the integral of the rate has
 * come to x arrivals. Exact for linear pieces; where the rate is zero for a while, the end of that stretch.
 *
 * Cheap for ascending x, since it starts from the piece of the last call; right for any.
 */
export class InverseProfile {
  readonly #pieces: readonly Piece[];
  /** Arrivals and nanoseconds before each piece. */
  readonly #before: Float64Array;
  readonly #startNs: Float64Array;
  /** The current piece, unpacked. */
  #at = 0;
  #from = 0;
  #to = 0;
  #durationNs = 0;
  #area = 0;
  #low = 0;
  #high = 0;
  #pieceStartNs = 0;

  constructor(profile: RateProfile) {
    this.#pieces = profile;
    this.#before = new Float64Array(profile.length);
    this.#startNs = new Float64Array(profile.length);
    let arrivals = 0;
    let start = 0;
    for (const [i, piece] of profile.entries()) {
      this.#before[i] = arrivals;
      this.#startNs[i] = start;
      arrivals += areaOf(piece);
      start += piece.durationNs;
    }
    this.#select(0);
  }

  /** Nanoseconds, not rounded. `arrivals` in [0, integral). */
  at(arrivals: number): number {
    if (arrivals < this.#low) this.#select(0);
    while (arrivals >= this.#high) this.#select(this.#at + 1);
    return this.#pieceStartNs + this.#within(arrivals - this.#low);
  }

  /**
   * a t + (b - a) t² / 2D = x, solved for t without cancellation: t = 2x / (a + sqrt(a² + 2 x (b - a) / D)). A falling
   * rate is solved from the piece's end, or what is left of the rate would be a difference of large numbers.
   */
  #within(x: number): number {
    const a = this.#from;
    const b = this.#to;
    if (a === b) return a === 0 ? 0 : (x * NS_PER_S) / a;
    if (a < b) return timeOnRise(a, b, this.#durationNs, x);
    return this.#durationNs - timeOnRise(b, a, this.#durationNs, this.#area - x);
  }

  #select(index: number): void {
    const piece = this.#pieces[index] as Piece;
    this.#at = index;
    this.#from = piece.from;
    this.#to = piece.to;
    this.#durationNs = piece.durationNs;
    this.#area = areaOf(piece);
    this.#low = this.#before[index] as number;
    this.#high = this.#before[index + 1] ?? Number.POSITIVE_INFINITY;
    this.#pieceStartNs = this.#startNs[index] as number;
  }
}

/** Nanoseconds until x arrivals on a rate that rises from a to b over the duration. */
function timeOnRise(a: number, b: number, durationNs: number, x: number): number {
  if (x <= 0) return 0;
  const squared = a * a + (2 * x * (b - a) * NS_PER_S) / durationNs;
  return (x * 2 * NS_PER_S) / (a + Math.sqrt(squared));
}
