import { decodeJournalRecord, type JournalEntry, type RunEvent } from '../../src/coordinator/events.ts';

/** A journal in memory whose disk can be held up or full. */
export class MemoryJournal {
  readonly entries: JournalEntry[] = [];
  #held: { readonly entry: JournalEntry; readonly durable: () => void }[] = [];
  #mode: 'keep' | 'hold' | 'full' = 'keep';
  #watchers: (() => void)[] = [];

  append(payload: Uint8Array): Promise<void> {
    if (this.#mode === 'full') return Promise.reject(new Error('journal: the disk is full'));
    const entry = decodeJournalRecord(payload);
    if (this.#mode === 'keep') {
      this.#keep(entry);
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
      this.#keep(entry);
      durable();
    }
  }

  /** Resolves once an event of this kind is kept. */
  async saw(kind: RunEvent['kind']): Promise<void> {
    while (!this.events.some((event) => event.kind === kind)) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  #keep(entry: JournalEntry): void {
    this.entries.push(entry);
    for (const watch of this.#watchers.splice(0)) watch();
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
