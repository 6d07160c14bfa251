import type { Ns } from './ns.ts';

/** A monotonic clock. The system's stands in `monotonic.ts`; tests and simulations bring a virtual one. */
export interface Clock {
  /** Nanoseconds since the clock's own origin. */
  now(): Ns;
}

/** Wall time, for labels only: no latency is ever computed from it. Milliseconds since the Unix epoch. */
export interface WallClock {
  nowMs(): number;
}
