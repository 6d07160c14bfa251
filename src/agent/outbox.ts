/** What an agent reports: a sealed interval of a trial, or what it observed of its node. */
export type Cargo = 'interval' | 'telemetry';

/**
 * Sealed intervals and what was observed beside them between the runner and the coordinator's journal: numbered over the agent's life from 1 without a
 * gap, kept until acknowledged, sent again after a reconnect.
 */
export interface Entry {
  readonly seq: number;
  readonly cargo: Cargo;
  readonly payload: Uint8Array;
}

export class Outbox {
  /** Unacknowledged, ascending without a gap. */
  #kept: Entry[] = [];
  #lastSeq = 0;
  /** The next to be sent on the present stream. */
  #nextSeq = 1;

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

  /** Everything up to `seq` is in the journal. */
  acknowledge(seq: number): void {
    this.#kept = this.#kept.filter((entry) => entry.seq > seq);
    this.#nextSeq = Math.max(this.#nextSeq, this.#firstKept());
  }

  /** A new stream whose other end wants `seq` next: sends again from there, or from the oldest that is still kept. */
  resumeFrom(seq: number): void {
    this.#nextSeq = Math.min(Math.max(seq, this.#firstKept()), this.#lastSeq + 1);
  }

  /** The next interval to send, which then counts as sent; null when there is none. */
  take(): Entry | null {
    const entry = this.#kept[this.#nextSeq - this.#firstKept()];
    if (entry === undefined) return null;
    this.#nextSeq++;
    return entry;
  }

  #firstKept(): number {
    return this.#kept[0]?.seq ?? this.#lastSeq + 1;
  }
}
