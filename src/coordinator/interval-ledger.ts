/**
 * Which intervals of which lease are in the journal. An agent counts its intervals over its life from 1 without a gap,
 * so a number per lease says what came, what is on disk and what is wanted next. Pure: it waits for nothing.
 */
export class IntervalLedger {
  readonly #accounts = new Map<number, Account>();

  /** A lease begins, or goes on after a reconnect. */
  open(epoch: number): void {
    if (!this.#accounts.has(epoch)) this.#accounts.set(epoch, { next: 1, durable: 0, ahead: new Set() });
  }

  /** A lease is over: nothing of its epoch is taken any more. */
  close(epoch: number): void {
    this.#accounts.delete(epoch);
  }

  /**
   * What to do with interval `seq`: `take` it (and call {@link taken}, and {@link stored} once it is on disk), drop it
   * as `repeated`, refuse it because of a `gap` before it, or because its lease is `fenced`.
   */
  offer(epoch: number, seq: number): 'take' | 'repeated' | 'gap' | 'fenced' {
    const account = this.#accounts.get(epoch);
    if (account === undefined) return 'fenced';
    if (seq < account.next) return 'repeated';
    return seq > account.next ? 'gap' : 'take';
  }

  /** The interval that was offered is on its way to the disk; the next one is wanted. */
  taken(epoch: number): void {
    const account = this.#accounts.get(epoch);
    if (account !== undefined) account.next++;
  }

  /** `seq` is on disk. Journal and telemetry are files of their own: one may be ahead of the other. */
  stored(epoch: number, seq: number): void {
    const account = this.#accounts.get(epoch);
    if (account === undefined || seq <= account.durable) return;
    account.ahead.add(seq);
    while (account.ahead.delete(account.durable + 1)) account.durable++;
  }

  /** The last one before which nothing is missing on disk; 0: none. Null when the lease is over. */
  ackThrough(epoch: number): number | null {
    return this.#accounts.get(epoch)?.durable ?? null;
  }

  /** The interval wanted next; null when the lease is over. */
  resumeFrom(epoch: number): number | null {
    return this.#accounts.get(epoch)?.next ?? null;
  }
}

interface Account {
  next: number;
  /** Everything up to this is on disk. */
  durable: number;
  /** What is on disk beyond that. */
  readonly ahead: Set<number>;
}
