import { NS_PER_S, type Ns } from '../time/ns.ts';

/** Lets at most `perSecond` requests through, and as many at once after a quiet second (a token bucket). */
export class RateLimit {
  readonly #perSecond: number;
  readonly #most: number;
  #tokens: number;
  #at: Ns;

  constructor(perSecond: number, now: Ns) {
    this.#perSecond = perSecond;
    this.#most = Math.max(1, perSecond);
    this.#tokens = this.#most;
    this.#at = now;
  }

  /** Whether a request may pass at `now`, which never goes back. */
  admits(now: Ns): boolean {
    this.#tokens = Math.min(this.#most, this.#tokens + ((now - this.#at) / NS_PER_S) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Seconds until the next one may pass. */
  get retryAfterS(): number {
    return Math.max(0, 1 - this.#tokens) / this.#perSecond;
  }
}
