import { decodeJournalRecord, type JournalEntry, type RunEvent } from '../../src/coordinator/events.ts';

/** A journal in memory whose disk can be held up or full. */
export class MemoryJournal {
  readonly entries: JournalEntry[] = [];
  #held: { readonly entry: JournalEntry; readonly durable: () => void }[] = [];
  #mode: 'keep' | 'hold' | 'full' = 'keep';

  append(payload: Uint8Array): Promise<void> {
    if (this.#mode === 'full') return Promise.reject(new Error('journal: the disk is full'));
    const entry = decodeJournalRecord(payload);
    if (this.#mode === 'keep') {
      this.entries.push(entry);
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#held.push({ entry, durable: resolve }));
  }

  hold(): void {
    this.#mode = 'hold';
  }

  fill(): void {
    this.#mode = 'full';
  }

  release(): void {
    this.#mode = 'keep';
    for (const { entry, durable } of this.#held.splice(0)) {
      this.entries.push(entry);
      durable();
    }
  }

  get events(): readonly RunEvent[] {
    return this.entries.flatMap((entry) => (entry.kind === 'event' ? [entry.timed.event] : []));
  }

  /** (agent, seq) of every stored interval. */
  get intervals(): readonly string[] {
    return this.entries.flatMap((entry) =>
      entry.kind === 'interval' ? [`${entry.stored.agent}:${entry.stored.seq}`] : [],
    );
  }
}
