/**
 * The right and duty to run a share until a deadline. The deadline counts from the instant at which the agent asked,
 * not at which the answer came: the agent never believes in its lease for longer than the coordinator does.
 * Instants are nanoseconds of the agent's monotonic clock.
 */
export interface Lease {
  readonly session: string;
  readonly epoch: bigint;
  readonly ttlNs: bigint;
  readonly heartbeatMs: number;
  readonly expiresAt: bigint;
  /** When the heartbeats were sent that are not answered yet, in order: answers come in the same order. */
  readonly asked: readonly bigint[];
}

export interface LeaseTerms {
  readonly session: string;
  readonly epoch: bigint;
  readonly ttlMs: number;
  readonly heartbeatMs: number;
}

/** A lease granted in answer to a registration sent at `askedAt`. */
export const grantLease = (terms: LeaseTerms, askedAt: bigint): Lease => {
  const ttlNs = BigInt(Math.round(terms.ttlMs)) * 1_000_000n;
  return {
    session: terms.session,
    epoch: terms.epoch,
    ttlNs,
    heartbeatMs: terms.heartbeatMs,
    expiresAt: askedAt + ttlNs,
    asked: [],
  };
};

/** A heartbeat was sent. */
export const askRenewal = (lease: Lease, at: bigint): Lease => ({ ...lease, asked: [...lease.asked, at] });

/** The oldest unanswered heartbeat was answered. An answer of another epoch, or to no question, changes nothing. */
export function renewLease(lease: Lease, epoch: bigint): Lease {
  const [askedAt, ...asked] = lease.asked;
  if (askedAt === undefined || epoch !== lease.epoch) return lease;
  return { ...lease, asked, expiresAt: askedAt + lease.ttlNs };
}

/** The stream broke: what was asked on it is never answered. The deadline stands. */
export const forgetQuestions = (lease: Lease): Lease => ({ ...lease, asked: [] });

export const hasExpired = (lease: Lease, now: bigint): boolean => now >= lease.expiresAt;
