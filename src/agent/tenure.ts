import {
  askRenewal,
  forgetQuestions,
  grantLease,
  hasExpired,
  type Lease,
  type LeaseTerms,
  renewLease,
} from './lease.ts';

/** Keeps the agent's lease: asks for its renewal in time and wakes when it has run out. */
export class Tenure {
  readonly #monotonic: () => bigint;
  readonly #onExpired: () => void;
  readonly #onBeat: (epoch: bigint) => 'sent' | 'not-sent';
  #lease: Lease | null = null;
  #heartbeat: NodeJS.Timeout | null = null;
  #expiry: NodeJS.Timeout | null = null;

  /** `onBeat` sends a heartbeat, unless nothing can be sent now. */
  constructor(monotonic: () => bigint, onBeat: (epoch: bigint) => 'sent' | 'not-sent', onExpired: () => void) {
    this.#monotonic = monotonic;
    this.#onBeat = onBeat;
    this.#onExpired = onExpired;
  }

  /** Of the present lease; null before the first. */
  get epoch(): bigint | null {
    return this.#lease?.epoch ?? null;
  }

  /** A lease in answer to a registration sent at `askedAt`. */
  grant(terms: LeaseTerms, askedAt: bigint): void {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => this.#beat(), terms.heartbeatMs);
    this.#keep(grantLease(terms, askedAt));
  }

  renewed(epoch: bigint): void {
    if (this.#lease !== null) this.#keep(renewLease(this.#lease, epoch));
  }

  detached(): void {
    if (this.#lease !== null) this.#lease = forgetQuestions(this.#lease);
  }

  close(): void {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    if (this.#expiry !== null) clearTimeout(this.#expiry);
  }

  #beat(): void {
    const at = this.#monotonic();
    if (this.#lease !== null && this.#onBeat(this.#lease.epoch) === 'sent') this.#lease = askRenewal(this.#lease, at);
  }

  #keep(lease: Lease): void {
    this.#lease = lease;
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    const leftMs = Math.ceil(Number(lease.expiresAt - this.#monotonic()) / 1e6);
    this.#expiry = setTimeout(() => this.#check(lease), Math.max(0, leftMs));
  }

  #check(lease: Lease): void {
    if (hasExpired(lease, this.#monotonic())) this.#onExpired();
    else this.#keep(lease);
  }
}
