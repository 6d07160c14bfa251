/** What an agent reports: a sealed interval of a trial, or what it observed of its node. */
export type Cargo = 'interval' | 'telemetry';

/** Entries that may be without an acknowledgement: beyond them the agent is out of credit. */
export const CREDIT = 64;

export interface Entry {
  readonly seq: number;
  readonly cargo: Cargo;
  readonly payload: Uint8Array;
}

/**
 * Sealed intervals and what was observed beside them between the runner and the coordinator's journal: numbered over the
 * agent's life from 1 without a gap, kept until acknowledged, sent again after a reconnect. What was never sent, on any
 * stream, may still be replaced.
 */
export class Outbox {
  /** Unacknowledged, ascending without a gap. */
  #kept: Entry[] = [];
  #lastSeq = 0;
  /** The next to be sent on the present stream. */
  #nextSeq = 1;
  /** The newest that was ever sent. */
  #sentSeq = 0;

  /** Sequence number of the newest interval; 0 when there is none. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  get unacknowledged(): readonly Entry[] {
    return this.#kept;
  }

  /** Takes something in and numbers it. */
  add(payload: Uint8Array, cargo: Cargo = 'interval'): Entry {
    const entry = { seq: ++this.#lastSeq, cargo, payload };
    this.#kept.push(entry);
    return entry;
  }

  /** So much is not acknowledged that nothing more is sent. */
  get isOutOfCredit(): boolean {
    return this.#kept.length >= CREDIT;
  }

  /** The newest interval, if it was never sent; null otherwise. */
  get latestUnsent(): Entry | null {
    const latest = this.#kept.findLast(({ cargo }) => cargo === 'interval');
    return latest === undefined || latest.seq <= this.#sentSeq ? null : latest;
  }

  /** Puts another payload into an entry that was never sent. */
  replace(entry: Entry, payload: Uint8Array): Entry {
    const replaced = { ...entry, payload };
    this.#kept[entry.seq - this.#firstKept()] = replaced;
    return replaced;
  }

  /** Everything up to `seq` is in the journal. */
  acknowledge(seq: number): void {
    this.#kept = this.#kept.filter((entry) => entry.seq > seq);
    this.#nextSeq = Math.max(this.#nextSeq, this.#firstKept());
  }

  /** A new stream whose other end wants `seq` next: sends again from there, or from the oldest that is still kept. */
  resumeFrom(seq: number): void {
    this.#nextSeq = Math.min(Math.max(seq, this.#firstKept()), this.#lastSeq + 1);
  }

  /** The next to send, which then counts as sent; null when there is none, or no credit for it. */
  take(): Entry | null {
    const entry = this.#kept[this.#nextSeq - this.#firstKept()];
    if (entry === undefined || this.#nextSeq - this.#firstKept() >= CREDIT) return null;
    this.#nextSeq++;
    this.#sentSeq = Math.max(this.#sentSeq, entry.seq);
    return entry;
  }

  #firstKept(): number {
    return this.#kept[0]?.seq ?? this.#lastSeq + 1;
  }
}
