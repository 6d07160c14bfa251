/** One direction as it was found: milliseconds one way, bits per second of one connection. */
export interface DirectionFacts {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bitsPerSecond: number;
}

/** The network that an agent's proxy puts between clients and endpoint: as asked for, and as found before the load. */
export interface NetworkFacts {
  /** Each way. */
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Bits per second each way; null: no bound. */
  readonly bandwidth: number | null;
  /** Times that each direction was timed. */
  readonly samples: number;
  /** Towards the endpoint, and back. */
  readonly up: DirectionFacts;
  readonly down: DirectionFacts;
}

/** Stretches of bytes that a network let out during a load, and those of them that it let out later than {@link lateAfterMs}. */
export interface NetworkReleases {
  readonly released: number;
  readonly late: number;
}

/** How far a delay may be from the one asked for, milliseconds: 1, or 5 % of it. */
export const lateAfterMs = (delayMs: number): number => Math.max(1, 0.05 * delayMs);
