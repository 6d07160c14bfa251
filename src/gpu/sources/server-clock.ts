/** How far a server's clock is ahead of ours, ms: between these two. */
export interface ClockBounds {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** The `Date` header (RFC 9110, 6.6.1) tells whole seconds: the clock stood up to a second further on. */
const RESOLUTION_MS = 1_000;

/**
 * Compares the clock of a server with ours by the `Date` of its answers. Each answer bounds the difference to a second and
 * the time that it took; together they bound it closer. A clock that was set meanwhile contradicts what was found before:
 * its newest answer counts. Pure.
 */
export class ServerClock {
  #bounds: ClockBounds | null = null;

  /** Null: no answer told a date. */
  get bounds(): ClockBounds | null {
    return this.#bounds;
  }

  /** An answer that was asked for at `askedMs` and had come at `cameMs` of our wall clock, with the date `serverMs`. */
  answered(serverMs: number, askedMs: number, cameMs: number): void {
    const now = { leastMs: serverMs - cameMs, mostMs: serverMs + RESOLUTION_MS - askedMs };
    const before = this.#bounds ?? now;
    const leastMs = Math.max(before.leastMs, now.leastMs);
    const mostMs = Math.min(before.mostMs, now.mostMs);
    this.#bounds = leastMs <= mostMs ? { leastMs, mostMs } : now;
  }
}
